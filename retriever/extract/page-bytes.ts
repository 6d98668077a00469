/** How much of a page is read; its own file, so that who asks a child to read loads no parser. */

/** Bytes of text that are decoded at all; the rest of a larger page is not read. */
export const MAX_TEXT_BYTES = 5_000_000;
/** PDF bytes; a PDF cannot be read in part. */
export const MAX_PDF_BYTES = 32_000_000;
