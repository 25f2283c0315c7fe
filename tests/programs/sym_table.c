/*
 * A symbol table with everything a reader must get right; see test_elf_symbols.c. Only directives
 * and nops, so that it assembles on every machine.
 */
__asm__(".text\n"
	".balign 64\n"
	/* Two functions in one another, and a label in the inner one. */
	".globl table_outer\n.type table_outer, %function\n"
	"table_outer:\n\t.rept 8\n\tnop\n\t.endr\n"
	".type table_inner, %function\n"
	"table_inner:\n\t.rept 4\n\tnop\n\t.endr\n"
	"table_label:\n\t.rept 4\n\tnop\n\t.endr\n"
	".size table_inner, . - table_inner\n"
	"table_after_inner:\n\t.rept 8\n\tnop\n\t.endr\n"
	".size table_outer, . - table_outer\n"
	/* Nobody's bytes. */
	"\t.rept 16\n\tnop\n\t.endr\n"
	/* Names of one address. */
	".balign 64\n"
	".weak alias_weak\n.type alias_weak, %function\n"
	".globl alias_global\n.type alias_global, %function\n"
	".globl __alias_global\n.type __alias_global, %function\n"
	".type alias_local, %function\n"
	"alias_weak:\nalias_global:\n__alias_global:\nalias_local:\nalias_label:\n"
	"\t.rept 8\n\tnop\n\t.endr\n"
	".size alias_weak, 8\n.size alias_global, 8\n"
	".size __alias_global, 8\n.size alias_local, 8\n"
	/* Assembly without types and sizes. */
	".globl bare_first\nbare_first:\n\t.rept 8\n\tnop\n\t.endr\n"
	".globl bare_second\nbare_second:\n\t.rept 8\n\tnop\n\t.endr\n"
	/* A section of its own: what has no size ends with it. */
	".section .text.last, \"ax\"\n"
	".globl bare_last\n.type bare_last, %function\nbare_last:\n\t.rept 8\n\tnop\n\t.endr\n"
	".text\n"
	/* Data is no code, whatever its name. */
	".data\n.globl table_data\n.type table_data, %object\n.size table_data, 8\n"
	"table_data:\n\t.long 0\n\t.long 0\n.text\n");

int main(void)
{
	return 0;
}
