/**
 * Finds one visible character: one that has none of the Unicode properties `White_Space`,
 * `Control`, `Format` and `Default_Ignorable_Code_Point`. The API and its description state
 * the same; a test holds all of them to one list.
 */
const VISIBLE = /[^\p{White_Space}\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}]/u;

/** Whether no character of the text is visible; so is the empty text. */
export function isBlank(text: string): boolean {
  return !VISIBLE.test(text);
}
