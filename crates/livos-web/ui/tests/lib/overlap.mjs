/**
 * For each visible control, what is at its centre must be the control itself or something inside it.
 * axe does not notice controls that lie under something else.
 */
export async function overlaps(page) {
  return page.evaluate(() => {
    const found = [];
    const controls =
      "button, a[href], input:not([type=hidden]), select, textarea, [role=button], [role=menuitem], [role=option], [role=tab], [role=switch]";
    const describe = (element) =>
      `${element.tagName.toLowerCase()}${element.id ? `#${element.id}` : ""}.${String(element.className).slice(0, 40)} "${(element.getAttribute("aria-label") ?? element.textContent ?? "").trim().slice(0, 40)}"`;
    for (const element of document.querySelectorAll(controls)) {
      if (!element.checkVisibility({ opacityProperty: true, visibilityProperty: true })) continue;
      // Inert parts lie behind a dialog on purpose; hidden ones belong to their label.
      if (element.closest("[inert], [aria-hidden=true], .sr-only")) continue;
      const box = element.getBoundingClientRect();
      const x = box.x + box.width / 2;
      const y = box.y + box.height / 2;
      if (box.width < 2 || box.height < 2 || x < 0 || y < 0 || x >= innerWidth || y >= innerHeight) continue;
      // Scrolled out of a scrolling parent is not covered.
      let clipped = false;
      for (let parent = element.parentElement; parent; parent = parent.parentElement) {
        const style = getComputedStyle(parent);
        if (style.overflowX === "visible" && style.overflowY === "visible") continue;
        const bounds = parent.getBoundingClientRect();
        if (x < bounds.left || x > bounds.right || y < bounds.top || y > bounds.bottom) clipped = true;
      }
      if (clipped) continue;
      const top = document.elementFromPoint(x, y);
      if (top === element || element.contains(top)) continue;
      const label = element.closest("label");
      if (label && (top === label || label.contains(top))) continue;
      // Windows may cover each other and the desktop: that is what windows do.
      const mine = element.closest("[data-region]");
      const other = top?.closest("[data-region]");
      if (
        other &&
        mine !== other &&
        ["window", "panel"].includes(other.dataset.region) &&
        ["window", "desktop"].includes(mine?.dataset.region)
      )
        continue;
      found.push(`${describe(element)} is covered by ${top ? describe(top) : "nothing"}`);
    }
    return found;
  });
}
