#!/bin/sh
# Makes the sample web's one PDF from its source. Needs Debian's chromium; run from the checkout.
# The PDF is committed, so this is only run when the text changes.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
node --import tsx --input-type=module -e "
import { articleBlocks } from './src/sample-web/article-html.ts';
import { samplePages } from './src/sample-web/page-source.ts';
const page = samplePages().find((page) => page.file !== null);
process.stdout.write('<!DOCTYPE html><html lang=en><meta charset=utf-8><title>' + page.title + '</title>' +
  '<style>@page{size:A4;margin:25mm}body{font:11pt/1.5 \"Liberation Serif\",serif}</style><h1>' + page.title +
  '</h1><p>' + page.author + ', ' + page.date + '</p>' + articleBlocks(page.body).join(''));
" >"$folder/report.html"
pdf=src/sample-web/pages/everyday-museum/annual-report-2024.pdf
chromium --headless --no-sandbox --disable-gpu --no-pdf-header-footer \
  --print-to-pdf="$pdf" "file://$folder/report.html"
# The report's own date in place of today's; as long as before, so that the offsets stay right.
LC_ALL=C sed -i -E "s/(Date \(D:)[0-9]{8}/\120250331/g" "$pdf"
