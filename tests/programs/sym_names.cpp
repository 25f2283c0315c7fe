/* C++ names: namespaces, overloads, templates, methods, constructors, lambdas, inlined or not. */
#define MARK(name) __asm__ volatile(".globl " #name "\n" #name ":\n\tnop")
#define INLINE inline __attribute__((always_inline))
#define OUTLINE __attribute__((noinline, used))

volatile unsigned sink;

namespace shop {
namespace {
struct Shelf {
	INLINE void put(unsigned x)
	{
		sink = sink ^ x;
		MARK(mark_shelf);
	}
};

OUTLINE void unnamed(unsigned x)
{
	Shelf shelf;

	sink = sink + x;
	shelf.put(x);
	MARK(mark_unnamed);
}
} // namespace

template <typename T> OUTLINE T twice(T x)
{
	sink = sink + (unsigned)x;
	MARK(mark_template);
	return x + x;
}

class Counter {
public:
	INLINE explicit Counter(unsigned start) : value(start)
	{
		sink = sink + start;
		MARK(mark_constructor);
	}
	OUTLINE void add(int x);
	INLINE void bump()
	{
		value++;
		sink = value;
		MARK(mark_bump);
	}

private:
	unsigned value;
};

OUTLINE void Counter::add(int x)
{
	value += (unsigned)x;
	sink = value;
	MARK(mark_method);
	bump();
}
} // namespace shop

extern "C" OUTLINE void plain_c(unsigned x)
{
	shop::Counter counter(x);
	counter.add(2);
	auto lambda = [&](unsigned y) __attribute__((noinline)) { /* line 67, as the test knows */
		sink = sink + y;
		MARK(mark_lambda);
	};
	lambda(x);
}

int main()
{
	plain_c(shop::twice<unsigned>(2));
	shop::unnamed(1);
	return 0;
}
