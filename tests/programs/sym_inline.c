/*
 * A chain of inlined calls with places that a test can find: each MARK is a global label in the
 * code, and the comment of the same name stands on its source line.
 */
#define MARK(name) __asm__ volatile(".globl " #name "\n" #name ":\n\tnop")

volatile unsigned sym_sink;

static inline __attribute__((always_inline)) void leaf(unsigned x)	/* declared: leaf */
{
	sym_sink += x;
	MARK(mark_leaf);			/* line: mark_leaf */
}

static inline __attribute__((always_inline)) void middle(unsigned x)	/* declared: middle */
{
	sym_sink ^= x;
	leaf(x + 1);				/* line: call_leaf */
	MARK(mark_middle);			/* line: mark_middle */
}

__attribute__((noinline)) void outer(unsigned x);
void outer(unsigned x)			/* declared: outer */
{
	sym_sink = x;
	middle(x);				/* line: call_middle */
	MARK(mark_outer);			/* line: mark_outer */
}

static __attribute__((noinline)) void hidden(unsigned x)	/* declared: hidden */
{
	sym_sink -= x;
	MARK(mark_hidden);			/* line: mark_hidden */
}

int main(void)
{
	for (unsigned i = 0; i < 10; i++)
		outer(i);
	hidden(3);
	return 0;
}
