import { useStore } from "@/lib/store";
import { snapRect } from "./geometry";
import * as manager from "./manager";
import { Window } from "./Window";

/** All open windows, and where a dragged one would snap to. */
export default function Windows() {
  const { windows, order, focused } = useStore(manager.layout);
  return (
    <>
      <div className="pointer-events-none absolute inset-0">
        {windows.map((win) => (
          <Window key={win.id} win={win} depth={order.indexOf(win.id)} active={focused === win.id} />
        ))}
      </div>
      <SnapPreview />
    </>
  );
}

function SnapPreview() {
  const snap = useStore(manager.preview);
  const area = useStore(manager.area);
  if (snap === "none") return null;
  const rect = snapRect(snap, area);
  return (
    <div
      aria-hidden
      className="snap-preview"
      style={{
        transform: `translate(${rect.x + 4}px, ${rect.y + 4}px)`,
        width: rect.w - 8,
        height: rect.h - 8,
      }}
    />
  );
}
