/** Parts of a question: what replaces what, and what is typed. */
import { describe, expect, it } from "vitest";
import { ofBody, toBody } from "../src/question/body";
import { NOTHING, type Part, ranks, withoutPart, withPart, withReplaced } from "../src/question/parts";
import { typedParts } from "../src/question/typed";

const must = (text: string): Part => ({ kind: "must", text, weight: 1, on: true });
const not = (text: string): Part => ({ kind: "not", text, weight: 1, on: true });

describe("parts", () => {
  it("replace the one of the same name, and the one that says the opposite", () => {
    const one = withPart(withPart(NOTHING, must("bridge")), must("bridge"));
    expect(one.parts).toHaveLength(1);
    expect(withPart(one, not("bridge")).parts).toEqual([not("bridge")]);
  });

  it("put the sentence first and keep one area", () => {
    const area = (west: number): Part => ({ kind: "where", area: { bbox: [west, 0, 10, 1] }, on: true });
    let question = withPart(withPart(NOTHING, area(1)), area(2));
    question = withPart(question, { kind: "sentence", text: "sea", weight: 1, on: true });
    expect(question.parts.map((part) => part.kind)).toEqual(["sentence", "where"]);
    expect(toBody(question)).toEqual({ q: "sea", bbox: [2, 0, 10, 1] });
  });

  it("are edited in their place, even into another that is there", () => {
    const three = [must("a"), must("b"), must("c")].reduce(withPart, NOTHING);
    expect(withReplaced(three, "must:b", must("x")).parts).toEqual([must("a"), must("x"), must("c")]);
    expect(withReplaced(three, "must:b", must("c")).parts).toEqual([must("a"), must("c")]);
  });

  it("rank only when switched on and weighted", () => {
    expect(ranks(withPart(NOTHING, must("a")))).toBe(true);
    expect(ranks(withPart(NOTHING, { ...must("a"), on: false }))).toBe(false);
    expect(ranks(withPart(NOTHING, { kind: "sensors", names: ["s1"], on: true }))).toBe(false);
    expect(ranks(withoutPart(withPart(NOTHING, must("a")), "must:a"))).toBe(false);
  });

  it("come back from the body they are asked with", () => {
    const question = [must("a"), not("b")].reduce(withPart, NOTHING);
    expect(ofBody(toBody(question)).question).toEqual(question);
  });
});

describe("what is typed", () => {
  it.each([
    ["a river through forest", "a river through forest", []],
    ["a river must: bridge", "a river", ["must bridge"]],
    ["+bridge -cloud a river", "a river", ["must bridge", "not cloud"]],
    ['must:"storage tank", not: snow', "", ["must storage tank", "not snow"]],
    ["a well-known co-operative - farm", "a well-known co-operative - farm", []],
    ["between -5 and +5 degrees", "between -5 and +5 degrees", []],
  ])("%s", (text, sentence, keywords) => {
    const read = typedParts(text);
    expect(read.keywords.map((part) => `${part.kind} ${part.text}`)).toEqual(keywords);
    if (sentence) expect(read.sentence).toBe(sentence);
  });
});
