import type { Mistake } from './settings-error.ts';

/** The CDK context, in which settings stand beside what CDK itself keeps there. */
export type Context = Readonly<Record<string, unknown>>;

/** Says what is wrong with a value, or `undefined` when it is fine. */
export type Check = (value: string) => string | undefined;

/**
 * Reads text from the CDK context and remembers every mistake instead of stopping at the first.
 *
 * A value that was refused reads as an empty string; nobody sees it, because the caller throws once
 * there is any mistake.
 */
export class ContextReader {
  readonly mistakes: Mistake[] = [];
  readonly #context: Context;
  readonly #asked = new Set<string>();

  constructor(context: Context) {
    this.#context = context;
  }

  required(setting: string, right: string, check: Check): string {
    const value = this.optional(setting, right, check);
    return value ?? this.#refuse(setting, 'is missing', right);
  }

  optional(setting: string, right: string, check: Check): string | undefined {
    const value = this.#lookUp(setting);
    if (value === undefined || value === '') return undefined;
    if (typeof value !== 'string') {
      return this.#refuse(setting, `is not text but ${typeof value}`, right);
    }
    const wrong = check(value);
    return wrong === undefined ? value : this.#refuse(setting, wrong, right);
  }

  /** One of some words, the first of which stands for a setting left out. */
  choice<Word extends string>(setting: string, words: readonly [Word, ...Word[]]): Word {
    const found = this.optional(setting, `one of ${words.join(', ')}`, (value) =>
      words.includes(value as Word) ? undefined : `"${value}" is none of what it can be`,
    );
    return (found as Word | undefined) ?? words[0];
  }

  absent(setting: string, wrong: string, right: string): void {
    if (this.#lookUp(setting) !== undefined) {
      this.#refuse(setting, wrong, right);
    }
  }

  /**
   * Refuses what nobody asked for: a setting with a slip in its name would otherwise be left out in
   * silence. Settings are single words, which CDK's own entries are not.
   */
  nothingElse(): void {
    const others = Object.keys(this.#context).filter((key) => /^[a-z]+$/i.test(key) && !this.#asked.has(key));
    for (const setting of others) {
      this.#refuse(setting, 'is not a setting of this stage', `one of ${[...this.#asked].join(', ')}`);
    }
  }

  #lookUp(setting: string): unknown {
    this.#asked.add(setting);
    return Object.hasOwn(this.#context, setting) ? this.#context[setting] : undefined;
  }

  #refuse(setting: string, wrong: string, right: string): string {
    this.mistakes.push({ setting, wrong, right });
    return '';
  }
}
