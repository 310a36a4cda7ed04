import { Check, ChevronRight, X } from "lucide-react";
import { DropdownMenu } from "radix-ui";
import { Fragment } from "react";
import { keyNames } from "@/lib/keys";
import { usePhone } from "@/lib/layout";
import { cx } from "./cx";
import { closeLabel, type MenuItem, type MenuPopupProps } from "./menu";

const ROW =
  "flex min-h-8 touch:min-h-12 items-center gap-2.5 rounded-control px-2.5 text-sm touch:text-base outline-none select-none data-highlighted:bg-accent-soft data-highlighted:text-accent-text data-disabled:opacity-50";

/** Radix menus in their non-modal form: the modal one writes <style> elements, which the policy forbids. */
export default function MenuPopup({ menu, place, onClose }: MenuPopupProps) {
  const phone = usePhone();
  const { x, y, width, height } = menu.anchor;
  return (
    <DropdownMenu.Root open modal={false} onOpenChange={(open) => !open && onClose()}>
      <DropdownMenu.Trigger asChild>
        <button
          type="button"
          aria-hidden
          tabIndex={-1}
          className="pointer-events-none fixed opacity-0"
          style={{ left: x, top: y, width, height }}
        />
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal container={place}>
        <DropdownMenu.Content
          aria-label={menu.label}
          aria-labelledby={undefined}
          align={menu.align}
          side={menu.side}
          sideOffset={width ? 6 : 0}
          collisionPadding={8}
          loop
          data-phone={phone || undefined}
          className={cx("popup z-900 min-w-48 overflow-y-auto p-1", phone ? "sheet" : "max-w-80")}
          onCloseAutoFocus={(event) => {
            event.preventDefault();
            // A command may already have moved the focus to a dialog or another window.
            const active = document.activeElement;
            if (!active || active === document.body || active.closest("[role=menu]")) menu.returnTo?.focus();
          }}
        >
          {phone && (
            <div className="flex items-center justify-between gap-2 px-2.5 pb-1">
              <span className="truncate text-sm font-semibold">{menu.label}</span>
              <DropdownMenu.Item className={cx(ROW, "touch:size-11 justify-center px-0")}>
                <X size={18} aria-hidden />
                <span className="sr-only">{closeLabel()}</span>
              </DropdownMenu.Item>
            </div>
          )}
          <Items items={menu.items} flat={phone} place={place} />
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
      {phone && <div className="scrim fixed inset-0 z-890" aria-hidden />}
    </DropdownMenu.Root>
  );
}

function Items({ items, flat, place }: { items: MenuItem[]; flat: boolean; place: HTMLElement }) {
  return items.map((item, index) => {
    if ("separator" in item) return <DropdownMenu.Separator key={index} className="mx-2 my-1 h-px bg-line" />;
    if ("heading" in item) return <Heading key={index} text={item.heading} />;
    if ("items" in item) {
      // A submenu needs hovering and width, so a sheet shows its items in place.
      if (flat) {
        return (
          <Fragment key={index}>
            <Heading text={item.label} />
            <Items items={item.items} flat place={place} />
          </Fragment>
        );
      }
      return (
        <DropdownMenu.Sub key={index}>
          <DropdownMenu.SubTrigger className={ROW}>
            {item.icon ? <item.icon size={16} aria-hidden /> : null}
            <span className="flex-1 truncate">{item.label}</span>
            <ChevronRight size={14} aria-hidden className="rtl:rotate-180" />
          </DropdownMenu.SubTrigger>
          <DropdownMenu.Portal container={place}>
            <DropdownMenu.SubContent className="popup z-900 min-w-40 p-1" collisionPadding={8}>
              <Items items={item.items} flat={false} place={place} />
            </DropdownMenu.SubContent>
          </DropdownMenu.Portal>
        </DropdownMenu.Sub>
      );
    }
    const content = (
      <>
        {item.icon ? <item.icon size={16} aria-hidden /> : null}
        <span className="min-w-0 flex-1 py-1">
          <span className="block truncate">{item.label}</span>
          {item.disabled && item.reason && (
            <span className="block text-xs whitespace-normal">{item.reason}</span>
          )}
        </span>
        {item.keys && !flat && <span className="text-xs text-muted">{keyNames(item.keys).join(" ")}</span>}
      </>
    );
    const props = {
      disabled: item.disabled ?? false,
      onSelect: item.onSelect,
      className: cx(
        ROW,
        item.danger && "text-danger data-highlighted:bg-danger-soft data-highlighted:text-danger",
      ),
    };
    if (item.checked === undefined) {
      return (
        <DropdownMenu.Item key={index} {...props}>
          {content}
        </DropdownMenu.Item>
      );
    }
    return (
      <DropdownMenu.CheckboxItem key={index} checked={item.checked} {...props}>
        <span className="flex size-4 items-center justify-center">
          {item.checked && <Check size={16} aria-hidden />}
        </span>
        {content}
      </DropdownMenu.CheckboxItem>
    );
  });
}

function Heading({ text }: { text: string }) {
  return (
    <DropdownMenu.Label className="px-2.5 pt-2 pb-1 text-xs font-medium text-muted">
      {text}
    </DropdownMenu.Label>
  );
}
