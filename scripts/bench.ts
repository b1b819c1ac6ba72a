import { spawn } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** `npm run bench -- <name> [arguments]` runs `loadtest/micro/<name>.ts`; each ends with one line of JSON. */
const directory = join(import.meta.dirname, '..', 'loadtest', 'micro');
const [name, ...rest] = process.argv.slice(2);
const known = (await readdir(directory)).filter((file) => /^[a-z]+\.ts$/.test(file)).map((file) => file.slice(0, -3));
if (name === undefined || !known.includes(name)) {
  console.error(`Which one? ${known.join(', ')}.`);
  process.exitCode = 2;
} else {
  const child = spawn(process.execPath, [join(directory, `${name}.ts`), ...rest], { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal));
  child.on('exit', (code) => {
    process.exitCode = code ?? 1;
  });
}
