import { useEffect, useId, useLayoutEffect, useRef, useState } from "react";

/**
 * One tooltip for the whole page: any element with data-tip has one. After 500 ms under the pointer, at
 * once on keyboard focus, gone on Escape, and it stays while the pointer is on it.
 */
export function Tooltips() {
  const [target, setTarget] = useState<HTMLElement | null>(null);
  const [text, setText] = useState("");
  const box = useRef<HTMLDivElement>(null);
  const id = useId();

  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const show = (element: HTMLElement) => {
      setTarget(element);
      setText(element.dataset.tip ?? "");
    };
    const hide = () => {
      clearTimeout(timer);
      setTarget(null);
    };
    const over = (event: PointerEvent) => {
      if (event.pointerType === "touch" || !(event.target instanceof Element)) return;
      if (box.current?.contains(event.target)) return;
      const element = event.target.closest<HTMLElement>("[data-tip]");
      clearTimeout(timer);
      // A still pointer must not take away what the keyboard asked for.
      if (!element) setTarget((now) => (now?.matches(":focus-visible") ? now : null));
      else timer = setTimeout(() => show(element), 500);
    };
    const focus = (event: FocusEvent) => {
      const element =
        event.target instanceof Element ? event.target.closest<HTMLElement>("[data-tip]") : null;
      if (element?.matches(":focus-visible")) show(element);
      else hide();
    };
    const key = (event: KeyboardEvent) => event.key === "Escape" && hide();
    document.addEventListener("pointerover", over);
    document.addEventListener("pointerdown", hide);
    document.addEventListener("focusin", focus);
    document.addEventListener("focusout", hide);
    document.addEventListener("keydown", key, true);
    document.addEventListener("scroll", hide, { capture: true, passive: true });
    return () => {
      clearTimeout(timer);
      document.removeEventListener("pointerover", over);
      document.removeEventListener("pointerdown", hide);
      document.removeEventListener("focusin", focus);
      document.removeEventListener("focusout", hide);
      document.removeEventListener("keydown", key, true);
      document.removeEventListener("scroll", hide, true);
    };
  }, []);

  useLayoutEffect(() => {
    const element = box.current;
    if (!element || !target) return;
    if (!target.isConnected) return setTarget(null);
    const at = target.getBoundingClientRect();
    const size = element.getBoundingClientRect();
    const above = at.top - size.height - 6;
    const below = at.bottom + 6;
    const preferAbove = target.dataset.tipSide === "top" || below + size.height > innerHeight - 4;
    const left = Math.max(4, Math.min(innerWidth - size.width - 4, at.left + at.width / 2 - size.width / 2));
    element.style.transform = `translate(${Math.round(left)}px, ${Math.round(preferAbove && above > 4 ? above : below)}px)`;
  }, [target]);

  if (!target || !text) return null;
  return (
    <div ref={box} id={id} role="tooltip" className="tooltip">
      {text}
    </div>
  );
}
