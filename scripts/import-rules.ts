import { glob, readFile } from 'node:fs/promises';
import { join, posix } from 'node:path';

/**
 * Who may import what, and the other rules on files that neither the compiler nor the linter checks. The direction is
 * always the same: domain ← projections ← server, and the client knows all of them by types and data only.
 */

export interface SourceFile {
  /** From the project's root, with slashes. */
  path: string;
  text: string;
}

interface Import {
  specifier: string;
  typeOnly: boolean;
}

const layers = ['domain', 'projections', 'server', 'client', 'migrations', 'scripts', 'loadtest'];
const bannedNames = /(^|\/)(utils?|helpers?|common|manager|service|types|index|misc)\.[a-z.]*ts$/;
const longest = 400;
/** A specification is a list: longer is fine where it stays one. */
const longestTest = 600;

const packages: Record<string, (specifier: string, path: string) => boolean> = {
  domain: (specifier, path) =>
    specifier === 'zod' ||
    (specifier.startsWith('libphonenumber-js') && path === 'domain/kernel/phone.ts') ||
    isTestImport(specifier, path),
  projections: (specifier, path) =>
    specifier === 'zod' ||
    specifier === 'pg' ||
    specifier.startsWith('node:') ||
    specifier.startsWith('@mikro-orm/') ||
    specifier.startsWith('@elastic/') ||
    isTestImport(specifier, path),
  client: (specifier, path) => !specifier.startsWith('node:') || isTest(path),
};

function isTest(path: string): boolean {
  return /\.test\.ts$/.test(path) || path === 'domain/kernel/given-when-then.ts' || /(^|[/-])testing\.ts$/.test(path);
}

function isTestImport(specifier: string, path: string): boolean {
  return isTest(path) && (/^(uvu|uvu\/assert|fast-check)$/.test(specifier) || specifier.startsWith('node:'));
}

function withoutComments(text: string): string {
  return text.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/^\s*\/\/.*$/gm, '');
}

/** Every import of a file: static, re-exported, dynamic, `import('…')` in types. */
export function importsOf(text: string): Import[] {
  const code = withoutComments(text);
  const found: Import[] = [];
  for (const match of code.matchAll(/^\s*(import|export)(\s+type)?(?:\s[^;'"`]*?\sfrom|\s*\*\s*from|)\s*['"]([^'"]+)['"]/gm)) {
    found.push({ specifier: match[3] ?? '', typeOnly: match[2] !== undefined });
  }
  for (const match of code.matchAll(/(typeof\s+)?\bimport\(\s*['"]([^'"]+)['"]\s*\)/g)) {
    found.push({ specifier: match[2] ?? '', typeOnly: match[1] !== undefined });
  }
  return found;
}

function mayImport(file: string, target: string, typeOnly: boolean): boolean {
  const [from = '', to = ''] = [file.split('/')[0], target.split('/')[0]];
  if (from === to || !layers.includes(from)) return true;
  switch (from) {
    case 'domain':
      return false;
    case 'projections':
      // Tests meet the real database; the rest may know the server by its shapes only.
      // How arrays travel to PostgreSQL is one piece of code, for the log and for rows.
      return to === 'domain' || target === 'server/store/arrays.ts' || (to === 'server' && (typeOnly || isTest(file)));
    case 'client':
      if (isTest(file)) return to === 'server' || to === 'domain' || to === 'projections' || to === 'scripts';
      return typeOnly && (to === 'domain' || /^projections\/[^/]+\/rows\.ts$/.test(target));
    case 'migrations':
      return to === 'domain';
    case 'server':
      return to !== 'client' && to !== 'scripts' && to !== 'loadtest' && to !== 'migrations';
    default:
      return true;
  }
}

/** What is wrong with one file, a line for each breach. */
export function breachesOf({ path, text }: SourceFile): string[] {
  const breaches: string[] = [];
  const layer = path.split('/')[0] ?? '';
  for (const { specifier, typeOnly } of importsOf(text)) {
    if (specifier.startsWith('.')) {
      const target = posix.normalize(posix.join(posix.dirname(path), specifier));
      if (!mayImport(path, target, typeOnly)) breaches.push(`${path}: ${layer} may not import ${target}${typeOnly ? '' : ' (values)'}`);
      if (!/\.(ts|css|mjs|json|svg)(\?[a-z]+)?$/.test(specifier)) breaches.push(`${path}: the import ${specifier} lacks its ending`);
    } else if (packages[layer]?.(specifier, path) === false) {
      breaches.push(`${path}: ${layer} may not import the package ${specifier}`);
    }
  }
  if (bannedNames.test(path)) breaches.push(`${path}: a name that says nothing`);
  const lines = text.split('\n').length - 1;
  const most = path.endsWith('.test.ts') ? longestTest : longest;
  if (lines > most) breaches.push(`${path}: ${lines} lines, ${most} at most: split it by capability`);
  if (/\bprocess\.env\b/.test(text) && path !== 'server/environment.ts' && !path.startsWith('scripts/import-rules')) {
    breaches.push(`${path}: only server/environment.ts reads process.env`);
  }
  const silenced = /\bas any\b/.test(withoutComments(text)) || /@ts-(ignore|nocheck|expect-error)|\bTODO\b|\bFIXME\b/.test(text);
  if (silenced && !path.startsWith('scripts/import-rules')) {
    breaches.push(`${path}: holds an "any", a silenced compiler or a TODO`);
  }
  return breaches;
}

/** Reads every source file under `root`. */
export async function sources(root: string): Promise<SourceFile[]> {
  const files: SourceFile[] = [];
  for await (const path of glob(`{${layers.join(',')}}/**/*.ts`, { cwd: root })) {
    if (path.includes('fixtures/')) continue;
    files.push({ path: path.replaceAll('\\', '/'), text: await readFile(join(root, path), 'utf8') });
  }
  return files;
}
