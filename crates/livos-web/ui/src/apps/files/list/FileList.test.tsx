import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { useMemo, useState } from "react";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { loadTexts } from "@/lib/i18n";
import { type Entry, keyOf } from "../core/listing";
import { nothing, rowsOf, type Selection } from "../core/selection";
import { FileList, type ListProps } from "./FileList";

const entries: Entry[] = [
  ["Photos", 1, 0, 10],
  ["a.txt", 0, 5, 20],
  ["b.txt", 0, 6, 30],
];

const open = vi.fn();
const sorted = vi.fn();
const renamed = vi.fn();
const pressed = vi.fn((_event: unknown) => false);

function List(props: Partial<ListProps> & { list?: Entry[] }) {
  const list = props.list ?? entries;
  const rows = useMemo(() => rowsOf(list.map(keyOf)), [list]);
  const [selection, setSelection] = useState<Selection>(nothing);
  return (
    <FileList
      label="Contents of Home"
      entries={list}
      rows={rows}
      columns="files"
      view="list"
      sort={{ column: "name", descending: false }}
      onSort={sorted}
      selection={selection}
      onSelect={setSelection}
      onOpen={open}
      onMenu={() => undefined}
      onKey={pressed}
      cut={new Set()}
      renaming={undefined}
      onRenamed={renamed}
      taken={(name) => name === "b.txt"}
      pictureOf={() => undefined}
      sharedOf={() => false}
      placeOf={(entry) => ({ root: "home", path: entry[0] })}
      draggable
      onDragStart={() => undefined}
      onDragOver={() => false}
      onDrop={() => undefined}
      onDragLeave={() => undefined}
      touch={false}
      {...props}
    />
  );
}

beforeAll(() => loadTexts("files"));
afterEach(() => {
  cleanup();
  vi.clearAllMocks();
});

const rowNamed = (name: string) => screen.getByText(name).closest<HTMLElement>("[data-row]") as HTMLElement;
const selected = () =>
  screen
    .getAllByRole("row")
    .filter((row) => row.getAttribute("aria-selected") === "true")
    .map((row) => row.querySelector("bdi")?.textContent);

describe("file list", () => {
  it("is a grid with true counts, one stop for Tab and a sorted column", () => {
    render(<List />);
    const grid = screen.getByRole("grid", { name: "Contents of Home" });
    expect(grid.getAttribute("aria-rowcount")).toBe("4");
    expect(grid.getAttribute("aria-multiselectable")).toBe("true");
    expect(grid.querySelectorAll("[tabindex='0']")).toHaveLength(1);
    expect(rowNamed("a.txt").getAttribute("aria-rowindex")).toBe("3");
    const name = screen.getByRole("columnheader", { name: "Name" });
    expect(name.getAttribute("aria-sort")).toBe("ascending");
    fireEvent.click(screen.getByRole("button", { name: "Size" }));
    expect(sorted).toHaveBeenCalledWith("size");
  });

  it("selects with a press, Ctrl, Shift and the check box, and opens with two", () => {
    render(<List />);
    fireEvent.click(rowNamed("a.txt"));
    expect(selected()).toEqual(["a.txt"]);
    fireEvent.click(rowNamed("Photos"), { ctrlKey: true });
    expect(selected()).toEqual(["Photos", "a.txt"]);
    fireEvent.click(rowNamed("b.txt"), { shiftKey: true });
    expect(selected()).toEqual(["Photos", "a.txt", "b.txt"]);
    fireEvent.click(screen.getByRole("checkbox", { name: "Select a.txt" }));
    expect(selected()).toEqual(["Photos", "b.txt"]);
    fireEvent.doubleClick(rowNamed("Photos"));
    expect(open).toHaveBeenCalledWith(entries[0]);
  });

  it("moves the focus with the arrows and reaches the column titles", () => {
    render(<List />);
    const grid = screen.getByRole("grid");
    fireEvent.keyDown(grid, { key: "ArrowDown" });
    expect(document.activeElement).toBe(rowNamed("Photos"));
    fireEvent.keyDown(rowNamed("Photos"), { key: "ArrowDown" });
    expect(selected()).toEqual(["a.txt"]);
    expect(document.activeElement).toBe(rowNamed("a.txt"));
    fireEvent.keyDown(rowNamed("a.txt"), { key: "Home" });
    fireEvent.keyDown(rowNamed("Photos"), { key: "ArrowUp" });
    expect(document.activeElement).toBe(screen.getByRole("button", { name: "Name" }));
    fireEvent.keyDown(document.activeElement as Element, { key: "ArrowDown" });
    expect(document.activeElement).toBe(rowNamed("Photos"));
  });

  it("on touch opens with a tap, and selects with a tap once something is selected", () => {
    render(<List touch />);
    const tap = (name: string) => {
      fireEvent.pointerDown(rowNamed(name), { pointerType: "touch" });
      fireEvent.pointerUp(rowNamed(name), { pointerType: "touch" });
      fireEvent.click(rowNamed(name));
    };
    tap("a.txt");
    expect(open).toHaveBeenCalledTimes(1);
    fireEvent.click(screen.getByRole("checkbox", { name: "Select a.txt" }));
    tap("b.txt");
    expect(open).toHaveBeenCalledTimes(1);
    expect(selected()).toEqual(["a.txt", "b.txt"]);
  });

  it("mounts only what is in view of 100,000 rows", () => {
    const many = Array.from({ length: 100_000 }, (_, i): Entry => [`file ${i}`, 0, i, i]);
    render(<List list={many} />);
    expect(screen.getByRole("grid").getAttribute("aria-rowcount")).toBe("100001");
    expect(screen.getAllByRole("row").length).toBeLessThan(60);
  });

  it("renames in place: refuses a taken name, keeps the old one on Escape", () => {
    render(<List renaming="a.txt" />);
    const field = screen.getByRole("textbox", { name: "New name" });
    fireEvent.change(field, { target: { value: "b.txt" } });
    fireEvent.keyDown(field, { key: "Enter" });
    expect(screen.getByRole("alert").textContent).toBe("There already is something with this name here");
    expect(renamed).not.toHaveBeenCalled();
    fireEvent.change(field, { target: { value: "c.txt" } });
    fireEvent.keyDown(field, { key: "Enter" });
    expect(renamed).toHaveBeenCalledWith("a.txt", "c.txt");
    cleanup();
    render(<List renaming="a.txt" />);
    fireEvent.keyDown(screen.getByRole("textbox", { name: "New name" }), { key: "Escape" });
    expect(renamed).toHaveBeenLastCalledWith("a.txt", undefined);
  });
});
