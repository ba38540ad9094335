/** The exit code of every command, by name. Scripts branch on these numbers; they do not change. */
export const exit = { holds: 0, violation: 1, wrongUse: 2, badInput: 3, inconclusive: 4, limit: 5, fault: 70, interrupted: 130 } as const;

export type Ending = keyof typeof exit;
export type Exit = (typeof exit)[Ending];

/** What each code says, whatever the command. `docs/reference/exit-codes.md` is printed from it. */
export const endings: Readonly<Record<Ending, string>> = {
  holds: 'it holds, conforms, or was done',
  violation: 'a violation was found',
  wrongUse: 'the command line is wrong',
  badInput: 'a file cannot be read, or what it says is not valid',
  inconclusive: 'went through and cannot say, for instance after lost trace lines, or because worlds were only sampled',
  limit: 'stopped by a limit before a decision',
  fault: 'a fault of this program, not of its input',
  interrupted: 'stopped by Ctrl-C, after printing what was decided so far',
};
