import type { Mistake } from './settings-error.ts';

/** Looks a key up in the CDK context; `undefined` where it is not set. */
export type ContextLookup = (key: string) => unknown;

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
  readonly #lookup: ContextLookup;

  constructor(lookup: ContextLookup) {
    this.#lookup = lookup;
  }

  required(setting: string, right: string, check: Check): string {
    const value = this.#lookup(setting);
    if (value === undefined || value === '') {
      return this.#refuse(setting, 'is missing', right);
    }
    if (typeof value !== 'string') {
      return this.#refuse(setting, `is not text but ${typeof value}`, right);
    }
    const wrong = check(value);
    return wrong === undefined ? value : this.#refuse(setting, wrong, right);
  }

  absent(setting: string, wrong: string, right: string): void {
    if (this.#lookup(setting) !== undefined) {
      this.#refuse(setting, wrong, right);
    }
  }

  #refuse(setting: string, wrong: string, right: string): string {
    this.mistakes.push({ setting, wrong, right });
    return '';
  }
}
