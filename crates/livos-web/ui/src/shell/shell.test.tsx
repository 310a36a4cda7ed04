import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { JobInfo } from "@/lib/api/types";
import { strength, usernameFrom } from "@/setup/account";
import { Button } from "@/ui/Button";
import { Progress } from "@/ui/bits";
import { Tabs } from "@/ui/Tabs";
import { partOf, progressText, stepText } from "./activity/describe";
import { ErrorBoundary } from "./ErrorBoundary";
import { score } from "./Palette";

afterEach(cleanup);

function Broken(): never {
  throw new Error("boom");
}

describe("search", () => {
  it("prefers the start of a title, then of a word, then anywhere", () => {
    const titles = ["Unpaired", "Home repairs", "Pair a phone", "Other"];
    const best = titles.toSorted((a, b) => score(b, "pair") - score(a, "pair"));
    expect(best.slice(0, 2)).toEqual(["Pair a phone", "Unpaired"]);
    expect(score("Other", "pair")).toBe(0);
    expect(score("People on this server", "server people")).toBeGreaterThan(0);
  });
});

describe("jobs", () => {
  const job = {
    state: "running",
    step: "downloading",
    detail: "layer 3 of 7",
    done: 312e6,
    total: 740e6,
    unit: "bytes",
    rate: 11e6,
  };

  it("tell bytes, speed and the time that is left", () => {
    expect(progressText(job)).toBe("312 of 740 MB · 11 MB/s · about 39 sec left");
    expect(stepText(job as JobInfo)).toBe("Downloading · layer 3 of 7");
    expect(stepText({ ...job, step: "new_step", detail: "" } as JobInfo)).toBe("New step");
    expect(partOf({ ...job, total: 0 } as JobInfo)).toBeUndefined();
    expect(progressText({ ...job, total: 0 })).toBe("");
  });
});

describe("account", () => {
  it.each([
    ["Ada Lovelace", "ada"],
    ["Émile Zola", "emile"],
    ["7 of 9", ""],
    ["  ", ""],
  ])("%s becomes %s", (name, username) => {
    expect(usernameFrom(name)).toBe(username);
  });

  it.each([
    ["short", "short"],
    ["aaaaaaaaaaaa", "weak"],
    ["1234567890", "weak"],
    ["adalovelace-2026", "fair"],
    ["correct horse battery", "good"],
  ])("the password %s is %s", (password, level) => {
    expect(strength(password, ["Ada", "adalovelace"])).toBe(level);
  });
});

describe("components", () => {
  it("a busy or disabled button keeps the focus but does nothing", () => {
    const click = vi.fn();
    const { rerender } = render(
      <Button onClick={click} disabled reason="Not now">
        Save
      </Button>,
    );
    const button = screen.getByRole("button", { name: "Save" });
    button.click();
    button.focus();
    expect(document.activeElement).toBe(button);
    expect(button.getAttribute("data-tip")).toBe("Not now");
    rerender(
      <Button onClick={click} busy>
        Save
      </Button>,
    );
    button.click();
    expect(click).not.toHaveBeenCalled();
    rerender(<Button onClick={click}>Save</Button>);
    button.click();
    expect(click).toHaveBeenCalledOnce();
  });

  it("progress without an end has no value", () => {
    render(<Progress label="x" />);
    expect(screen.getByRole("progressbar").getAttribute("aria-valuenow")).toBeNull();
  });

  it("tabs are one tab stop, and keys choose among them", () => {
    const tabs = ["a", "b", "c"].map((value) => ({ value, label: value }));
    const chosen = vi.fn();
    render(
      <Tabs label="t" value="a" onChange={chosen} tabs={tabs}>
        content
      </Tabs>,
    );
    const all = screen.getAllByRole("tab");
    expect(all.map((tab) => tab.tabIndex)).toEqual([0, -1, -1]);
    for (const [key, wanted] of Object.entries({ ArrowRight: "b", ArrowLeft: "c", End: "c", Home: "a" })) {
      all[0]?.focus();
      fireEvent.keyDown(all[0] as HTMLElement, { key });
      expect(chosen).toHaveBeenLastCalledWith(wanted);
      expect(document.activeElement?.textContent).toBe(wanted);
    }
    chosen.mockClear();
    fireEvent.keyDown(all[0] as HTMLElement, { key: "x" });
    expect(chosen).not.toHaveBeenCalled();
  });

  it("a broken app is named, and only it is replaced", () => {
    vi.spyOn(console, "error").mockImplementation(() => undefined);
    render(
      <>
        <ErrorBoundary name="Files">
          <Broken />
        </ErrorBoundary>
        <p>still here</p>
      </>,
    );
    expect(screen.getByText("Files stopped working")).toBeTruthy();
    expect(screen.getByText("still here")).toBeTruthy();
    expect(screen.getByRole("button", { name: "Reopen" })).toBeTruthy();
  });
});
