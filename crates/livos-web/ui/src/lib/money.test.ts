import { expect, test } from "vitest";
import { dollars, millionths, typedDollars } from "./money";

test("money is rounded up and never nothing when it is something", () => {
  expect(dollars(0)).toContain("0.00");
  expect(dollars(4_500)).toContain("0.0045");
  expect(dollars(1)).toContain("0.0001");
  expect(dollars(1_500_000)).toContain("1.50");
  expect(dollars(125_000)).toContain("0.125");
});

test("an amount is what is written as one", () => {
  expect(millionths(" 1.50 ")).toBe(1_500_000);
  expect(millionths("0,125")).toBe(125_000);
  expect(millionths("3")).toBe(3_000_000);
  for (const wrong of ["", "-1", "1e3", "$1", "1.", "1.2.3", "1234567", "0.1234567"])
    expect(millionths(wrong), wrong).toBeUndefined();
  expect(millionths(typedDollars(125_000))).toBe(125_000);
});
