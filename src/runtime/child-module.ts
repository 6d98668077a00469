/**
 * The URL of a child process's module, which lies in the same folder as the module that starts it: `.ts`
 * where the sources run, `.js` in the built program.
 * @param name without its ending: `rank-child`
 * @param parent `import.meta.url` of the caller
 */
export function childModule(name: string, parent: string): URL {
  return new URL(`./${name}${parent.endsWith('.ts') ? '.ts' : '.js'}`, parent);
}
