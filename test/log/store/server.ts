/**
 * A PostgreSQL server of our own: a fresh cluster on the loopback interface. Made by `initdb` as a user that is not root,
 * because PostgreSQL refuses root; stopped by its pid.
 */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';

export interface Server {
  /** Address with user and password of a superuser. */
  readonly url: string;
  readonly port: number;
  /** Whose processes and files they are; empty: ours. */
  readonly owner: { readonly uid?: number; readonly gid?: number };
  /** A fast shutdown; its folder is removed, unless it was given. */
  stop(): Promise<void>;
  /** Ends every process of it at once, as a loss of power does. */
  kill(): Promise<void>;
}

/** Without initdb there is no such test: that is said, and is not a success. */
function binaries(): string {
  const places = [...(process.env['PATH'] ?? '').split(':'), ...(existsSync('/usr/lib/postgresql') ? readdirSync('/usr/lib/postgresql').sort().reverse().map((version) => `/usr/lib/postgresql/${version}/bin`) : [])];
  const found = places.find((place) => existsSync(join(place, 'initdb')) && existsSync(join(place, 'postgres')));
  if (found === undefined) throw new Error('these tests need a PostgreSQL server: install Debian\'s package postgresql (14 or newer), or put initdb and postgres into the PATH');
  return found;
}

/** Somebody other than root, when we are root. */
function owner(): { uid?: number; gid?: number } {
  if (process.getuid?.() !== 0) return {};
  for (const name of ['postgres', 'nobody']) {
    const [uid, gid] = ['-u', '-g'].map((option) => spawnSync('id', [option, name], { encoding: 'utf8' }));
    if (uid?.status === 0 && gid?.status === 0) return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
  }
  throw new Error('PostgreSQL does not run as root, and there is neither a user postgres nor a user nobody');
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** A process and its children: those of a server do not all end at once with their parent. */
function descendants(pid: number): number[] {
  const { stdout } = spawnSync('ps', ['-o', 'pid=', '--ppid', String(pid)], { encoding: 'utf8' });
  return [pid, ...stdout.split('\n').map(Number).filter((one) => one > 0)];
}

/** Starts a server. `durable`: with fsync; else it forgets with the machine, and is faster. `at`: in this folder, whose data are used if there are any. */
export async function startServer({ durable = false, at }: { readonly durable?: boolean; readonly at?: string } = {}): Promise<Server> {
  const [bin, as] = [binaries(), owner()];
  const folder = at ?? mkdtempSync(join(tmpdir(), 'postgres-'));
  const secret = join(folder, 'password');
  writeFileSync(secret, 'secret\n');
  for (const path of [folder, secret]) if (as.uid !== undefined && as.gid !== undefined) chownSync(path, as.uid, as.gid);
  chmodSync(folder, 0o700);
  const data = join(folder, 'data');
  const how = { ...as, cwd: folder, env: { ...process.env, LC_ALL: 'C', TZ: 'UTC' } };
  if (!existsSync(data)) execFileSync(join(bin, 'initdb'), ['-D', data, '-U', 'tester', '-A', 'scram-sha-256', '--pwfile', secret, '-E', 'UTF8', '--no-locale', ...(durable ? [] : ['-N'])], { ...how, stdio: 'pipe' });
  const port = await freePort();
  const options = { listen_addresses: '127.0.0.1', port: String(port), unix_socket_directories: '', fsync: durable ? 'on' : 'off', max_connections: '120', shared_buffers: '16MB' };
  const server = spawn(join(bin, 'postgres'), ['-D', data, ...Object.entries(options).flatMap(([name, value]) => ['-c', `${name}=${value}`])], { ...how, stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  server.stderr.on('data', (text) => { said = `${said}${String(text)}`.slice(-5000); });
  const ended = once(server, 'exit');
  const remove = () => { if (at === undefined) rmSync(folder, { recursive: true, force: true }); };
  const stop = async () => {
    server.kill('SIGINT');
    await ended;
    remove();
  };
  const kill = async () => {
    for (const pid of descendants(server.pid ?? 0)) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It found its disk gone, and ended itself.
      }
    }
    await ended;
    remove();
  };
  const url = `postgres://tester:secret@127.0.0.1:${port}/postgres`;
  for (let tries = 0; ; tries++) {
    const client = new pg.Client({ connectionString: url });
    client.on('error', () => undefined);
    try {
      await client.connect();
      await client.end();
      return { url, port, owner: as, stop, kill };
    } catch (error) {
      if (server.exitCode !== null || tries > 300) throw new Error(`PostgreSQL does not start:\n${said}`, { cause: error });
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
