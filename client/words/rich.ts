import { html, type TemplateResult } from 'lit';

const START = '\u2068';
const END = '\u2069';

/** Marks a name inside a sentence: set apart from the writing direction around it, and bold where `rich` draws it. */
export function strong(name: string): string {
  return `${START}${name}${END}`;
}

/** A sentence with its marked names in bold. */
export function rich(sentence: string): TemplateResult {
  const parts = sentence.split(/\u2068([^\u2069]*)\u2069/u);
  return html`${parts.map((part, index) => (index % 2 === 1 ? html`<b><bdi>${part}</bdi></b>` : part))}`;
}
