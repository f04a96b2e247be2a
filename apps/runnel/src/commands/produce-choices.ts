/** The fixed words among the flags of `runnel produce`: light enough to be loaded always. */

export const ACKS = ["0", "1", "all"] as const;
export const COMPRESSIONS = ["none", "gzip", "snappy", "lz4", "zstd"] as const;
