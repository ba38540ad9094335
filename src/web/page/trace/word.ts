/** A trace as a word in a link: all of it where it is small, else the name and hash of the file that has to be dropped again. */
import { ModelError } from '../../../errors.ts';
import { packed, unpacked } from '../packed.ts';
import type { MeantTrace, OpenedTrace } from './standing.ts';

/** Characters of a link that a trace may take: browsers go on to megabytes, mail programs and chats do not. */
export const longest = 64_000;
/** Characters of a trace that is packed to see whether it is small, and that a link may unpack to. */
const most = 8_000_000;

const whole = 't1';
const named = 'h1';
const words = new WeakMap<OpenedTrace, Promise<string>>();

/** The same word for the same trace, made once. */
export function traceWord(opened: OpenedTrace): Promise<string> {
  const known = words.get(opened) ?? wordOf(opened);
  words.set(opened, known);
  return known;
}

async function wordOf({ name, text, recording }: OpenedTrace): Promise<string> {
  const word = text.length > most ? '' : `${whole}.${await packed({ name, text, ...(recording === undefined ? {} : { recording }) })}`;
  return word !== '' && word.length <= longest ? word : `${named}.${await hashOf(text)}.${text.length}.${encodeURIComponent(name.split('/').at(-1) ?? name)}`;
}

export const isWhole = (word: string): boolean => word.startsWith(`${whole}.`);

/** What a word says: a trace, or which one is meant. @throws {ModelError} wrong-use: it is damaged */
export async function traceOf(word: string): Promise<{ readonly opened: OpenedTrace } | { readonly meant: MeantTrace }> {
  const refuse = (message: string, cause?: unknown) => new ModelError('wrong-use', message, { at: 'the link', usually: 'a link that was cut off by a mail program', hint: 'copy the whole link', cause });
  const [form, body = '', characters = '', name = ''] = word.split('.');
  if (form === named && /^(?:[0-9a-f]{64})?$/.test(body) && /^\d{1,12}$/.test(characters)) return { meant: { word, hash: body, characters: Number(characters), name: decoded(word.split('.').slice(3).join('.') || name) } };
  if (form !== whole) throw refuse(`the link has a trace in the form ${JSON.stringify(form)}, and this page reads ${whole} and ${named}`);
  let given: Partial<OpenedTrace>;
  try {
    given = await unpacked(body, most * 2) as Partial<OpenedTrace>;
  } catch (cause) {
    throw refuse('the trace in the link cannot be unpacked', cause);
  }
  if (typeof given.text !== 'string' || typeof given.name !== 'string') throw refuse('the link has no trace');
  const { name: title, text, recording } = given;
  return { opened: { name: title, text, ...(recording === undefined ? {} : { recording }) } };
}

/** Whether this is the trace that a link means. */
export async function isMeant({ text }: OpenedTrace, { hash, characters }: MeantTrace): Promise<boolean> {
  return text.length === characters && (hash === '' || await hashOf(text) === hash);
}

/** Browsers compute hashes for pages of this machine and for encrypted ones; elsewhere the length has to do. */
async function hashOf(text: string): Promise<string> {
  const digest = (globalThis.crypto as Partial<Crypto> | undefined)?.subtle?.digest('SHA-256', new TextEncoder().encode(text));
  return digest === undefined ? '' : [...new Uint8Array(await digest)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
