/** The question in the address: what is written is read again; what is broken is told and left out. */
import { describe, expect, it } from "vitest";
import { ofAddress, searchAddress, toAddress } from "../src/question/address";
import type { Part, Question } from "../src/question/parts";

const whole: Question = {
  parts: [
    { kind: "sentence", text: "a river, through forest & more", weight: 2, on: true },
    { kind: "must", text: "bridge", weight: 1, on: true },
    { kind: "not", text: "{cloud}", weight: 0.5, on: false },
    { kind: "like", id: "abc", weight: 1, on: true },
    { kind: "unlike", id: "upload-1", weight: 1.5, on: true },
    { kind: "where", area: { bbox: [-8.5, 43, -8.25, 43.5] }, on: true },
    { kind: "when", datetime: "2023-05-12/2023-05-18", on: true },
    { kind: "sensors", names: ["rgb", "s2"], on: false },
    { kind: "rest", key: "max_cloud", value: 0.2, on: true },
  ],
  cut: 0.42,
  merge: false,
};

describe("the address", () => {
  it("holds the whole question, with what is switched off and the result that is open", () => {
    const read = ofAddress(toAddress(whole, "chip-7"));
    expect(read.problems).toEqual([]);
    expect(read.question).toEqual(whole);
    expect(read.item).toBe("chip-7");
  });

  it("holds a polygon", () => {
    const ring = [
      [0, 0],
      [1, 0],
      [1, 1],
      [0, 0],
    ];
    const part: Part = { kind: "where", area: { intersects: { type: "Polygon", coordinates: [ring] } }, on: true };
    expect(ofAddress(toAddress({ parts: [part], cut: "auto", merge: true })).question.parts).toEqual([part]);
  });

  it("is empty for nothing, and nothing is read from an empty one", () => {
    expect(toAddress({ parts: [], cut: "auto", merge: true })).toBe("");
    expect(ofAddress("").question).toEqual({ parts: [], cut: "auto", merge: true });
  });

  it("reads what Query.to_url writes", () => {
    const { question, problems } = ofAddress(
      "?q=sea&must=%7B%22text%22%3A+%22crane%22%2C+%22weight%22%3A+2%7D&bbox=4%2C51%2C5%2C52&limit=20&cut=auto",
    );
    expect(problems).toEqual([]);
    expect(question.parts.map((part) => part.kind)).toEqual(["sentence", "must", "where"]);
    expect(question.parts[1]).toMatchObject({ text: "crane", weight: 2 });
  });

  it.each([
    ["bbox=1,2,3", "bbox"],
    ["bbox=5,60,4,50", "bbox"],
    ["bbox=,1,2,3", "bbox"],
    ["intersects={broken", "intersects"],
    ["intersects=%7B%22type%22%3A%22Circle%22%7D", "intersects"],
    ["datetime=yesterday", "datetime"],
    ["must=%7B%22weight%22%3A2%7D", "must"],
    ["weight=heavy", "weight"],
    ["cut=2", "cut"],
    ["colour=red", "colour"],
  ])("tells what is broken in %s and keeps the rest", (text, named) => {
    const { question, problems } = ofAddress(`${text}&q=river`);
    expect(problems.join()).toContain(named);
    expect(question.parts).toEqual([{ kind: "sentence", text: "river", weight: 1, on: true }]);
    expect(question.cut).toBe("auto");
  });

  it("asks GET /search only for what is switched on", () => {
    expect(searchAddress(whole)).not.toContain("cloud%7D");
    expect(searchAddress(whole)).toContain("must=bridge");
  });
});
