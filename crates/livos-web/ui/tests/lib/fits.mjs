/**
 * What does not fit: parts that scroll sideways, controls that stick out of what holds them, and words of ours that
 * are cut off. Names that people gave (in <bdi>) may end in dots; a button's own word may not.
 */
export async function misfits(page) {
  return page.evaluate(() => {
    const found = [];
    const seen = (element) => element.checkVisibility({ opacityProperty: true, visibilityProperty: true });
    const describe = (element) =>
      `${element.tagName.toLowerCase()}.${String(element.className).slice(0, 60)} "${(element.getAttribute("aria-label") ?? element.textContent ?? "").trim().slice(0, 60)}"`;

    if (document.documentElement.scrollWidth > innerWidth) {
      found.push(`the page is ${document.documentElement.scrollWidth - innerWidth} px too wide`);
    }
    for (const element of document.querySelectorAll("body *")) {
      if (element.scrollWidth <= element.clientWidth + 1 || !seen(element)) continue;
      // Text that was written in lines, and boxes made for it, have scrolling of their own.
      if (element.closest("pre, [role=log], [data-scroll-x]")) continue;
      if (["auto", "scroll"].includes(getComputedStyle(element).overflowX)) {
        found.push(
          `scrolls sideways by ${element.scrollWidth - element.clientWidth} px: ${describe(element)}`,
        );
      }
    }

    const controls =
      "button, a[href], input:not([type=hidden]), select, textarea, [role=menuitem], [role=tab], [role=switch]";
    for (const control of document.querySelectorAll(controls)) {
      if (!seen(control) || control.closest("[inert], [aria-hidden=true], .sr-only")) continue;
      const box = control.getBoundingClientRect();
      if (box.width < 2 || box.height < 2) continue;
      // Cut off sideways by something that cannot be scrolled, in full or in part.
      for (let parent = control.parentElement; parent; parent = parent.parentElement) {
        const style = getComputedStyle(parent);
        if (style.overflowX === "visible") continue;
        const bounds = parent.getBoundingClientRect();
        if (box.left < bounds.left - 1 || box.right > bounds.right + 1) {
          found.push(
            `sticks out by ${Math.round(Math.max(bounds.left - box.left, box.right - bounds.right))} px: ${describe(control)}`,
          );
        }
        break;
      }
    }

    // Words of ours: whatever text lies in a box that cuts it off.
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const holder = node.parentElement;
      if (!holder || node.data.trim() === "" || !seen(holder)) continue;
      if (holder.closest("bdi, pre, [data-user-text], [inert], [aria-hidden=true], .sr-only, option"))
        continue;
      // Only what people act on or read as a heading; running text may be folded on purpose.
      const owner = holder.closest(
        "button, a[href], label, legend, th, [role=menuitem], [role=tab], h1, h2, h3, dt",
      );
      if (!owner) continue;
      const range = document.createRange();
      range.selectNodeContents(node);
      const text = range.getBoundingClientRect();
      if (text.width === 0) continue;
      for (let box = holder; box; box = box === owner.parentElement ? null : box.parentElement) {
        const style = getComputedStyle(box);
        if (style.overflowX === "visible" && style.overflowY === "visible") continue;
        const bounds = box.getBoundingClientRect();
        if (bounds.width < 3) break;
        if (
          text.right > bounds.right + 1.5 ||
          text.left < bounds.left - 1.5 ||
          text.bottom > bounds.bottom + 4
        ) {
          found.push(`cut off: ${describe(owner)}`);
        }
        break;
      }
    }
    return [...new Set(found)];
  });
}
