/** What is typed into the bar: a sentence, with keywords among it that must or must not be there. */
import type { WordPart } from "./parts";

const KEYWORD = /(^|\s)(?:(must|not):\s*|([+−-])(?=[\p{L}"“]))(?:"([^"]+)"|“([^”]+)”|([^\s,]+))/gu;

/** Take `a river must: bridge -cloud` apart into a sentence and keywords. */
export function typedParts(text: string): { sentence: string; keywords: WordPart[] } {
  const keywords: WordPart[] = [];
  const sentence = text.replace(KEYWORD, (_, _space, named, sign, plain, curly, bare) => {
    const kind = named === "not" || (sign && sign !== "+") ? "not" : "must";
    keywords.push({ kind, text: String(plain ?? curly ?? bare).trim(), weight: 1, on: true });
    return " ";
  });
  return {
    sentence: sentence
      .replace(/\s*,\s*$/u, "")
      .replace(/\s+/gu, " ")
      .trim(),
    keywords,
  };
}
