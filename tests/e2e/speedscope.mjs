// speedscope.mjs - what speedscope's own importer reads in a file.
//
//   node speedscope.mjs FOLDER FILE [NAME]     FOLDER: where npm installed speedscope
//
// The package has the program as one script for browsers and no entry for others. Its importer is
// taken out of there: the script is run up to where the importer is known, and no farther. Printed is
// JSON: of each profile its name, unit, total, the weights of functions (self and total), and stacks.
import fs from 'node:fs'
import path from 'node:path'
import vm from 'node:vm'

const [folder, file, name = path.basename(file)] = process.argv.slice(2)
const release = path.join(folder, 'node_modules/speedscope/dist/release')
const script = fs.readdirSync(release).find(entry => /^speedscope.*\.js$/.test(entry))
const source = fs.readFileSync(path.join(release, script), 'utf8')
const importer = /async function (\w+)\([^)]*\)\{return\(await \w+\)\.importProfilesFromArrayBuffer\([^)]*\)\}/
const found = importer.exec(source)
if (!found) {
	console.error('speedscope: its importer is not where it was')
	process.exit(3)
}
const end = found.index + found[0].length

// What the script asks a browser for until then.
const nothing = () => new Proxy(function () {}, {
	get: (_, key) => key === Symbol.toPrimitive ? () => '' : nothing(),
	apply: nothing,
	construct: nothing,
})
globalThis.window = globalThis
globalThis.document = nothing()
globalThis.location = new URL('http://localhost/')
const log = console.log
console.log = (...texts) => console.error(...texts)
vm.runInThisContext(`${source.slice(0, end)};globalThis.importProfiles=${found[1]};return;${source.slice(end)}`)

const bytes = fs.readFileSync(file)
const buffer = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength)
const group = await globalThis.importProfiles(name, buffer)
if (!group) {
	console.error(`speedscope: does not know what ${file} is`)
	process.exit(1)
}

log(JSON.stringify(group.profiles.map(profile => {
	const frames = {}, stacks = {}
	let open = [], last = 0

	profile.forEachFrame(frame => {
		frames[frame.name] = {
			self: (frames[frame.name]?.self ?? 0) + frame.getSelfWeight(),
			total: (frames[frame.name]?.total ?? 0) + frame.getTotalWeight(),
			file: frame.file, line: frame.line,
		}
	})
	// Calls are told as they open and close: between two of them all of the time is the stack's.
	const spend = value => {
		const key = open.join(';')

		if (value > last && open.length) {
			stacks[key] = (stacks[key] ?? 0) + value - last
		}
		last = value
	}
	profile.forEachCall(
		(node, value) => { spend(value); open.push(node.frame.name) },
		(_, value) => { spend(value); open.pop() })
	return {
		name: profile.getName(), unit: profile.getWeightUnit(),
		total: profile.getTotalWeight(), frames, stacks,
	}
})))
