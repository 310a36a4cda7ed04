export { AppIcon } from "./AppIcon";
export * from "./Button";
export * from "./bits";
export { cx } from "./cx";
export { Dialog, DialogLayer, type Question, useConfirm } from "./Dialog";
export * from "./fields";
export { MenuButton, type MenuItem, menuPoint, openMenu, useMenuTrigger } from "./menu";
export { Scroll } from "./Scroll";
export * from "./states";
