/** How bytes can be asked to be read; apart from the schemas, for what a browser loads first. */
export const DECODER_CHOICES = [
  "auto",
  "json",
  "text",
  "int32",
  "int64",
  "float64",
  "uuid",
  "messagepack",
  "schema",
  "hex",
  "base64",
] as const;
