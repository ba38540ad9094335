/** The exit code of every command, by name. Scripts branch on these numbers; they do not change. */
export const exit = {
  /** It holds, conforms, or was done. */
  holds: 0,
  /** A violation was found. */
  violation: 1,
  /** The command line is wrong. */
  wrongUse: 2,
  /** A file cannot be read, or what it says is not valid. */
  badInput: 3,
  /** Went through and cannot say, for instance after lost trace lines, or because worlds were only sampled. */
  inconclusive: 4,
  /** Stopped by a limit before a decision. */
  limit: 5,
  /** A fault of this program, not of its input. */
  fault: 70,
  /** Stopped by Ctrl-C, after printing what was decided so far. */
  interrupted: 130,
} as const;

export type Exit = (typeof exit)[keyof typeof exit];
