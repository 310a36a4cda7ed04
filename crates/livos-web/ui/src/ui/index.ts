export * from "./Button";
export * from "./bits";
export { cx } from "./cx";
export { Dialog, DialogLayer, type Question, useConfirm } from "./Dialog";
export * from "./fields";
export { type MenuItem, MenuButton, menuPoint, openMenu, useMenuTrigger } from "./menu";
export * from "./states";
export { AppIcon } from "./AppIcon";
