#!/bin/sh
# Libraries that come and go, and files mapped over others: an address belongs to what was there
# then.
. "$E2E/lib.sh"
need_recording

one=$PROGRAMS/libplugin_one.so two=$PROGRAMS/libplugin_two.so

record_as plugins "$PROGRAMS/plugins" "$one" "$two"
cp out place
near "dlopen: the first library" \
	"$(share plugins.db module_profile "module = 'libplugin_one.so'")" 32.4 5
near "dlopen: the second" "$(share plugins.db module_profile "module = 'libplugin_two.so'")" 64.7 5
near "dlopen: the function of the first" \
	"$(share plugins.db function_profile "function = 'work_of_one'")" 32 5
near "dlopen: that of the second" \
	"$(share plugins.db function_profile "function = 'work_of_two'")" 64.5 5
if grep -q 'same place' place; then
	check "dlclose: at the same place, none is taken for the other" [ "$(sql plugins.db "SELECT
		coalesce(sum(samples), 0) FROM function_profile WHERE module LIKE 'libplugin%'
		AND function NOT IN ('work_of_one', 'work_of_two', 'plugin_work')")" -le 5 ]
else
	skip "dlclose: at the same place" "the second library was mapped elsewhere"
fi

record_as overmap "$PROGRAMS/overmap"
near "mapped over: the first file" \
	"$(share overmap.db module_profile "module = 'one.code'")" 32.4 5
near "mapped over: the second" "$(share overmap.db module_profile "module = 'two.code'")" 64.7 5
check "mapped over: code without symbols has addresses" between "$(share overmap.db \
	function_profile "function LIKE '[one.code+0x%]' OR function LIKE '[two.code+0x%]'")" 90 100

# The file is gone when its names are looked up.
cp "$PROGRAMS/split" passing
# shellcheck disable=SC2016 # for the inner shell
record_as deleted sh -c './passing 0.5 &
	until [ "$(readlink /proc/$!/exe)" = "$PWD/passing" ]; do sleep 0.05; done
	rm passing; wait'
near "deleted while it ran: its time is in a module of its name" \
	"$(share deleted.db module_profile "module LIKE 'passing%'")" 96 5

# Blanks and worse in names.
odd=$(printf 'a b\tc\047d"e%%f')
cp "$PROGRAMS/split" "$odd"
record_as odd "./$odd" 0.3
near "odd name: its functions are found" \
	"$(share odd.db function_profile "function IN ('five', 'three', 'two')")" 96 5
expect "odd name: reported" 0 "$PMC" report -i odd.db
check "odd name: no control characters" [ -z "$(tr -d '\012\040-\377' <out)" ]
finish
