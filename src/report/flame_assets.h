/*
 * flame_assets.h - flame.js and flame.css as texts: made from the files by tools/embed.sh.
 *
 * The hashes are those of the texts, in base64, for the page's Content-Security-Policy.
 */
#ifndef PMC_REPORT_FLAME_ASSETS_H
#define PMC_REPORT_FLAME_ASSETS_H

extern const char flame_script[], flame_script_sha256[];
extern const char flame_style[], flame_style_sha256[];

#endif
