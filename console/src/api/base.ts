/** Where the console lives, with a slash at its end: `/console/` unless the server says otherwise in the page's `<base>`. */
export function consolePath(): string {
  return new URL(document.baseURI).pathname.replace(/[^/]*$/, "");
}
