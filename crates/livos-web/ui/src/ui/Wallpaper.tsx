import { type ReactNode, useState } from "react";
import { pictureOf } from "@/lib/look";
import { cx } from "./cx";

export const WALLPAPERS = ["shore", "dunes", "terraces", "grove", "orbit", "paper", "mist", "plain"] as const;

const DRAWINGS: Record<string, ReactNode> = {
  shore: (
    <>
      <path className="wp-3" d="M0 560Q180 500 420 545T900 555T1440 470V900H0Z" />
      <path className="wp-4" d="M0 690Q260 640 520 690T1000 690T1440 620V900H0Z" />
    </>
  ),
  dunes: (
    <>
      <path className="wp-3" d="M0 520Q420 380 820 560T1440 500V900H0Z" />
      <path className="wp-4" d="M0 700Q300 560 700 660T1440 590V900H0Z" />
      <path className="wp-5" d="M0 810Q500 700 900 790T1440 740V900H0Z" />
    </>
  ),
  terraces: (
    <>
      <path
        className="wp-3"
        d="M0 500H420Q480 500 500 540T580 580H980Q1040 580 1060 540T1140 500H1440V900H0Z"
      />
      <path
        className="wp-4"
        d="M0 640H260Q320 640 340 680T420 720H1120Q1180 720 1200 680T1280 640H1440V900H0Z"
      />
      <path className="wp-5" d="M0 790H560Q620 790 640 820T720 850H1440V900H0Z" />
    </>
  ),
  grove: (
    <>
      <path
        className="wp-3"
        d="M0 620Q80 460 190 560Q270 400 400 540Q500 430 600 560Q720 390 850 540Q960 430 1060 550Q1180 400 1300 550Q1380 480 1440 560V900H0Z"
      />
      <path
        className="wp-4"
        d="M0 730Q120 590 240 690Q360 560 500 690Q620 590 740 700Q880 570 1010 690Q1140 600 1260 700Q1370 620 1440 690V900H0Z"
      />
      <path className="wp-5" d="M0 830Q180 730 360 810T760 800T1120 800T1440 800V900H0Z" />
    </>
  ),
  orbit: (
    <>
      <circle className="wp-line" cx="1080" cy="620" r="240" />
      <circle className="wp-line" cx="1080" cy="620" r="390" />
      <circle className="wp-line" cx="1080" cy="620" r="560" />
      <circle className="wp-4" cx="1080" cy="620" r="110" />
      <circle className="wp-5" cx="856" cy="533" r="22" />
      <circle className="wp-3" cx="1420" cy="430" r="44" />
    </>
  ),
  paper: (
    <>
      <path className="wp-3" d="M0 0H620L420 900H0Z" />
      <path className="wp-4" d="M860 900L1440 300V900Z" />
      <path className="wp-5" d="M1130 900L1440 620V900Z" />
    </>
  ),
  mist: (
    <>
      <ellipse className="wp-3" cx="320" cy="760" rx="640" ry="240" />
      <ellipse className="wp-4" cx="1160" cy="860" rx="760" ry="250" />
      <ellipse className="wp-5" cx="560" cy="960" rx="700" ry="190" />
    </>
  ),
};

/**
 * Fills its box; the same drawing serves the desktop and the preview in Settings. Behind a picture lies a plain
 * one: until the picture is there, and on the sign-in page, where nobody has one.
 */
export function Wallpaper({
  id,
  className,
  tone,
}: {
  id: string;
  className?: string;
  tone?: "light" | "dark";
}) {
  const picture = pictureOf(id);
  const [broken, setBroken] = useState<string>();
  if (picture) {
    return (
      <div
        aria-hidden
        data-wp="plain"
        data-tone={tone}
        className={cx("wallpaper overflow-hidden", className)}
      >
        {broken !== picture && (
          <img
            src={picture}
            alt=""
            draggable={false}
            onError={() => setBroken(picture)}
            className="absolute inset-0 size-full object-cover"
          />
        )}
      </div>
    );
  }
  return (
    <div aria-hidden data-wp={id} data-tone={tone} className={cx("wallpaper overflow-hidden", className)}>
      <svg viewBox="0 0 1440 900" preserveAspectRatio="xMidYMax slice" aria-hidden="true">
        {DRAWINGS[id] ?? null}
      </svg>
    </div>
  );
}
