/** Commands for clients that people have, ready to be copied. */

/** An argument as a POSIX shell takes it, whatever is in it. */
export function shellQuote(text: string): string {
  if (/^[a-zA-Z0-9_./:@=,+-]+$/.test(text)) return text;
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** Has the shell say the line. Unlike `echo`, it leaves a backslash in JSON alone in every shell. */
export function sayLine(line: string): string {
  return `printf '%s\\n' ${shellQuote(line)}`;
}

const DEFAULT_BOOTSTRAP = "127.0.0.1:9092";

/** The flag that the `runnel` command needs to find the broker; empty where it needs none. */
export function bootstrapFlag(bootstrap: string): string {
  return bootstrap === DEFAULT_BOOTSTRAP || bootstrap === "localhost:9092"
    ? ""
    : ` --bootstrap ${shellQuote(bootstrap)}`;
}

export function produceCommand(topic: string, bootstrap: string): string {
  const flags = ` --key first${bootstrapFlag(bootstrap)}`;
  return `${sayLine('{"hello":"world"}')} | npx runnel produce ${shellQuote(topic)}${flags}`;
}

export function consumeCommand(topic: string, bootstrap: string): string {
  return `npx runnel consume ${shellQuote(topic)} --from beginning${bootstrapFlag(bootstrap)}`;
}

export function kcatProduce(topic: string, bootstrap: string): string {
  return `${sayLine('first:{"hello":"world"}')} | kcat -P -b ${bootstrap} -t ${shellQuote(topic)} -K :`;
}

export function kcatConsume(topic: string, bootstrap: string): string {
  return `kcat -C -b ${bootstrap} -t ${shellQuote(topic)} -o beginning -f '%o %k %s\\n'`;
}
