/** What the generated tests need of an implementation. */
export interface Call {
  readonly type: string;
  readonly [argument: string]: unknown;
}

export interface Implementation {
  /** A thread begins a call; what comes back is 0 or more, or minus errno. A call that has to wait comes back later. */
  call(thread: string, call: Call): number | Promise<number>;
  /** Everybody goes on who can: afterwards, a call that has not come back is waiting for somebody. Not needed where that takes no time. */
  settle?(): Promise<void>;
  /** Where this can be seen: who owns a group (null: nobody), and how often it is counted. */
  group?(group: string): { readonly owned?: boolean; readonly owner_cnt?: number };
  /** The test is over. */
  close?(): void | Promise<void>;
}

/** An implementation in which these devices, drivers and threads exist, as at the beginning of a test. */
export type Create = (topology: unknown) => Implementation | Promise<Implementation>;
