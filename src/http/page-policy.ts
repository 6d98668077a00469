/**
 * The Content-Security-Policy (Level 3) of the web page: its own files, its own origin, nothing inline,
 * nobody else. Trusted Types without a policy make every sink that reads text as markup throw.
 */
export const PAGE_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ');
