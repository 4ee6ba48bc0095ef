// The only source of chance: the spread of reconnects, and ids of commands. `randomUUID` is not
// there on a page that came by plain HTTP from another machine, `getRandomValues` is.

/** A number from 0 up to, not including, 1. */
export function chance(): number {
  const word = new Uint32Array(1);
  crypto.getRandomValues(word);
  return (word[0] ?? 0) / 2 ** 32;
}

const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";
const ID_LENGTH = 26;

/** An id of a command: 130 bits of chance in 26 characters. */
export function makeCommandId(): string {
  const bytes = new Uint8Array(ID_LENGTH);
  crypto.getRandomValues(bytes);
  return Array.from(bytes, (byte) => ALPHABET[byte % ALPHABET.length]).join("");
}
