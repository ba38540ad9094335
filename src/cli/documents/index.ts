/**
 * Every document of `--json`, by its schema.
 *
 * Types of what the commands print follow from these; `docs/reference/json/` is printed from them, and tests hold what is
 * printed against that. Nothing here is loaded when the program runs.
 */
import type { z } from 'zod';
import { ofChecker } from './check.ts';
import { ofLab } from './lab.ts';
import { ofLogs } from './log.ts';
import { ofTraces } from './trace.ts';
import { ofWriters } from './made.ts';

export const documents = { ...ofTraces, ...ofChecker, ...ofLogs, ...ofWriters, ...ofLab } as const;

/** Nobody changes what is printed; what a message has besides its type is not asked for. */
type Given<T> =
  T extends readonly (infer Element)[] ? readonly Given<Element>[]
  : T extends object ? (string extends keyof T ? (Known<T> extends never ? { readonly [Key in keyof T]: Given<T[Key]> } : { readonly [Key in Known<T>]: Given<T[Key]> }) : { readonly [Key in keyof T]: Given<T[Key]> })
  : T;
type Known<T> = keyof { [Key in keyof T as string extends Key ? never : Key]: never };

/** What a command may print. */
export type Document = { [Name in keyof typeof documents]: Given<z.output<(typeof documents)[Name]>> }[keyof typeof documents];
