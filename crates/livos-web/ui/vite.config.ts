import { fileURLToPath } from "node:url";
import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";
import { directIcons, firstChunks, runtimeInBase } from "./vite.chunks.ts";

const server = process.env.LIVOS_API ?? "http://127.0.0.1:4180";
const root = fileURLToPath(new URL(".", import.meta.url));

export default defineConfig({
  plugins: [directIcons(), react(), tailwindcss(), runtimeInBase()],
  resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
  build: {
    target: ["es2022", "chrome120", "firefox128", "safari16.4"],
    // The content security policy allows no data: fonts or styles, so nothing is inlined.
    assetsInlineLimit: 0,
    cssCodeSplit: false,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    rolldownOptions: {
      output: {
        codeSplitting: { includeDependenciesRecursively: false, groups: [{ name: firstChunks(root) }] },
      },
    },
  },
  server: { proxy: { "/api": { target: server }, "/open": { target: server } } },
  test: {
    environment: "happy-dom",
    include: ["src/**/*.test.{ts,tsx}"],
    setupFiles: ["src/testing/setup.ts"],
    restoreMocks: true,
  },
});
