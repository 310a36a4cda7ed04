import { type ReactNode, useId, useRef } from "react";

interface TabsProps<T extends string> {
  label: string;
  value: T;
  onChange: (value: T) => void;
  tabs: { value: T; label: string }[];
  children: ReactNode;
}

/**
 * One tab stop; arrows, Home and End choose. Where the row is too narrow it goes on in the next line, so that all
 * tabs are seen and none is cut off. The panel is what stands between the tags.
 */
export function Tabs<T extends string>({ label, value, onChange, tabs, children }: TabsProps<T>) {
  const id = useId();
  const list = useRef<HTMLDivElement>(null);
  const choose = (index: number) => {
    const next = tabs.at(index % tabs.length);
    if (!next) return;
    onChange(next.value);
    list.current?.querySelector<HTMLElement>(`[data-value="${next.value}"]`)?.focus();
  };
  return (
    <>
      <div
        ref={list}
        role="tablist"
        aria-label={label}
        className="flex shrink-0 flex-wrap gap-x-1 border-b border-line px-2"
      >
        {tabs.map((tab, index) => (
          <button
            key={tab.value}
            type="button"
            role="tab"
            id={`${id}-${tab.value}`}
            data-value={tab.value}
            data-focus="inset"
            aria-selected={tab.value === value}
            aria-controls={`${id}-panel`}
            tabIndex={tab.value === value ? 0 : -1}
            onClick={() => onChange(tab.value)}
            onKeyDown={(event) => {
              const forward = document.dir === "rtl" ? "ArrowLeft" : "ArrowRight";
              const back = document.dir === "rtl" ? "ArrowRight" : "ArrowLeft";
              if (event.key === forward) choose(index + 1);
              else if (event.key === back) choose(index - 1);
              else if (event.key === "Home") choose(0);
              else if (event.key === "End") choose(-1);
              else return;
              event.preventDefault();
            }}
            className="min-h-9 touch:min-h-11 max-w-full border-b-2 border-transparent px-3 text-start text-sm font-medium text-muted hover:text-fg aria-selected:border-accent aria-selected:text-fg"
          >
            {tab.label}
          </button>
        ))}
      </div>
      <div role="tabpanel" id={`${id}-panel`} aria-labelledby={`${id}-${value}`} className="contents">
        {children}
      </div>
    </>
  );
}
