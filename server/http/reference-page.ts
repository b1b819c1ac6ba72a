import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { OpenApi, Operation, Schema } from './openapi.ts';

const escapes: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => escapes[character] ?? character);
}

/** Paragraphs and `code`, the only markup our descriptions use. */
function prose(text: string): string {
  return text
    .split('\n\n')
    .map((paragraph) => `<p>${escapeHtml(paragraph).replaceAll(/`([^`]+)`/g, '<code>$1</code>')}</p>`)
    .join('');
}

function inline(text: string): string {
  return escapeHtml(text).replaceAll(/`([^`]+)`/g, '<code>$1</code>');
}

function kindOf(schema: Schema): string {
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum !== undefined) return schema.enum.map((value) => JSON.stringify(value)).join(' | ');
  if (schema.anyOf !== undefined) return [...new Set(schema.anyOf.map(kindOf))].join(' | ');
  const type = Array.isArray(schema.type) ? schema.type.join(' | ') : (schema.type ?? 'any');
  if (type === 'array') return `${schema.items === undefined ? 'any' : kindOf(schema.items)}[]`;
  return schema.format === undefined ? type : `${type} (${schema.format})`;
}

function boundsOf(schema: Schema): string {
  const parts: string[] = [];
  for (const inner of [schema, ...(schema.anyOf ?? [])]) {
    if (inner.minLength !== undefined) parts.push(`at least ${inner.minLength} characters`);
    if (inner.maxLength !== undefined) parts.push(`at most ${inner.maxLength} characters`);
    if (inner.minimum !== undefined && inner.minimum > Number.MIN_SAFE_INTEGER) parts.push(`from ${inner.minimum}`);
    if (inner.maximum !== undefined && inner.maximum < Number.MAX_SAFE_INTEGER) parts.push(`up to ${inner.maximum}`);
  }
  if (schema.default !== undefined) parts.push(`default ${JSON.stringify(schema.default)}`);
  return parts.join(', ');
}

function fieldRows(schema: Schema, marked: boolean, prefix = ''): string {
  return Object.entries(schema.properties ?? {})
    .map(([name, field]) => {
      const needed = marked && (schema.required?.includes(name) ?? false);
      const note = [field.description, boundsOf(field)].filter((part) => part !== undefined && part !== '').join(' · ');
      const row = `<tr><td><code>${escapeHtml(prefix + name)}</code>${needed ? ' <b class="needed">required</b>' : ''}</td><td><code>${escapeHtml(kindOf(field))}</code></td><td>${inline(note)}</td></tr>`;
      const inner = field.items ?? field;
      return (
        row + (inner.properties === undefined ? '' : fieldRows(inner, marked, `${prefix}${name}${field.items === undefined ? '.' : '[].'}`))
      );
    })
    .join('');
}

function table(heading: string, rows: string): string {
  if (rows === '') return '';
  return `<h4>${heading}</h4><div class="wide" tabindex="0" role="region" aria-label="${heading}"><table><thead><tr><th scope="col">Name</th><th scope="col">Kind</th><th scope="col">Meaning</th></tr></thead><tbody>${rows}</tbody></table></div>`;
}

function example(value: unknown, label: string): string {
  if (value === undefined) return '';
  return `<pre tabindex="0" aria-label="${escapeHtml(label)}"><code>${escapeHtml(JSON.stringify(value, null, 2))}</code></pre>`;
}

function section(method: string, path: string, operation: Operation): string {
  const parameters = operation.parameters
    .map(
      (parameter) =>
        `<tr><td><code>${escapeHtml(parameter.name)}</code>${parameter.required ? ' <b class="needed">required</b>' : ''}</td><td>${parameter.in} <code>${escapeHtml(kindOf(parameter.schema))}</code></td><td>${inline([parameter.description, boundsOf(parameter.schema)].filter((part) => part !== undefined && part !== '').join(' · '))}</td></tr>`,
    )
    .join('');
  const body = operation.requestBody?.content['application/json'];
  const answers = Object.entries(operation.responses)
    .filter(([status]) => Number(status) < 300)
    .map(([status, answer]) => {
      const schema = answer.content?.['application/json']?.schema;
      return `<h4>Answer ${status}</h4><p>${inline(answer.description)}</p>${schema === undefined ? '' : table(`Members of answer ${status}`, fieldRows(schema, false))}${example(answer.content?.['application/json']?.example, `Example of answer ${status}`)}`;
    })
    .join('');
  const codes = Object.entries(operation['x-codes'])
    .map(
      ([code, note]) =>
        `<li><a href="#error-${escapeHtml(code)}"><code>${note.status} ${escapeHtml(code)}</code></a> ${inline(note.title)}</li>`,
    )
    .join('');
  const id = escapeHtml(operation.operationId);
  return `<section id="${id}" class="operation" data-search="${escapeHtml(`${operation.operationId} ${method} ${path} ${operation.summary}`.toLowerCase())}">
<h3><a class="anchor" href="#${id}"><span class="method ${method}">${method.toUpperCase()}</span> <code class="path">${escapeHtml(path)}</code></a></h3>
<p class="summary">${inline(operation.summary)} <code class="name">${id}</code>${operation.security.length === 0 ? ' <span class="open">no sign-in</span>' : ''}</p>
${operation.description === undefined ? '' : prose(operation.description)}
${table('Parameters', parameters)}
${body === undefined ? '' : `${table('Body', fieldRows(body.schema, true)) || '<h4>Body</h4><p>An empty object, <code>{}</code>.</p>'}${example(body.example, `Example body of ${operation.operationId}`)}`}
${answers}
<details><summary>Refusals</summary><ul class="codes">${codes}</ul></details>
</section>`;
}

/** The API document as a page to read: every operation with its fields, answers and refusals, every code with an anchor of its own. */
export function renderReference(document: OpenApi): string {
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  );
  const codes = new Map(operations.flatMap(({ operation }) => Object.entries(operation['x-codes'])));
  const inArea = (area: string) => operations.filter(({ operation }) => operation.tags.includes(area));
  const navigation = document.tags
    .map(
      (tag) =>
        `<h2>${escapeHtml(tag.name)}</h2><ul>${inArea(tag.name)
          .map(
            ({ method, operation }) =>
              `<li data-for="${escapeHtml(operation.operationId)}"><a href="#${escapeHtml(operation.operationId)}"><span class="method ${method}">${method.toUpperCase()}</span> ${escapeHtml(operation.operationId)}</a></li>`,
          )
          .join('')}</ul>`,
    )
    .join('');
  const body = document.tags
    .map(
      (tag) =>
        `<div class="area"><h2 id="area-${escapeHtml(tag.name)}">${escapeHtml(tag.name)}</h2><p>${escapeHtml(tag.description)}</p>${inArea(
          tag.name,
        )
          .map(({ method, path, operation }) => section(method, path, operation))
          .join('')}</div>`,
    )
    .join('');
  const codeRows = [...codes]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(
      ([code, note]) =>
        `<tr id="error-${escapeHtml(code)}"><td><code>${escapeHtml(code)}</code></td><td>${note.status}</td><td>${inline(note.title)}</td></tr>`,
    )
    .join('');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(document.info.title)} API</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/docs/reference.css">
<script src="/docs/reference.js" defer></script>
</head>
<body>
<a class="skip" href="#content">Skip to content</a>
<nav aria-label="Operations">
<p class="brand">${escapeHtml(document.info.title)} <span>API ${escapeHtml(document.info.version)}</span></p>
<label class="search">Search <input type="search" id="search" placeholder="lead.assign" autocomplete="off" spellcheck="false"></label>
<p id="found" role="status"></p>
${navigation}
<h2>reference</h2><ul><li><a href="#errors">Error codes</a></li><li><a href="/openapi.json">openapi.json</a></li></ul>
</nav>
<main id="content">
<h1>${escapeHtml(document.info.title)} API</h1>
${prose(document.info.description)}
${body}
<h2 id="errors">Error codes</h2>
<div class="wide" tabindex="0" role="region" aria-label="Error codes"><table><thead><tr><th scope="col">Code</th><th scope="col">Status</th><th scope="col">Meaning</th></tr></thead><tbody>${codeRows}</tbody></table></div>
</main>
</body>
</html>
`;
}

/** What the page loads, from files beside this one. */
export const referenceAssets: Readonly<Record<string, { type: string; text: string }>> = {
  'reference.css': { type: 'text/css; charset=utf-8', text: readFileSync(join(import.meta.dirname, 'pages', 'reference.css'), 'utf8') },
  'reference.js': {
    type: 'text/javascript; charset=utf-8',
    text: readFileSync(join(import.meta.dirname, 'pages', 'reference.js'), 'utf8'),
  },
};
