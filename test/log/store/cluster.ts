/** A PostgreSQL server of our own, for one test file. */
import { afterAll } from 'vitest';
import { startServer, type Server } from './server.ts';

/** Starts a server; it is stopped and its folder removed after all tests of the file. */
export async function cluster(): Promise<Pick<Server, 'url' | 'port' | 'owner'>> {
  const server = await startServer();
  afterAll(() => server.stop());
  return server;
}
