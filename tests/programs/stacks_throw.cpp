/*
 * stacks_throw.cpp - C++ that throws, catches, calls through virtual functions, and recurses deep,
 * built without frame pointers. It prints its chains as stacks_calls.c does; of in_throw, whose
 * chains grow and shrink, it prints none.
 *
 *   in_throw ─► thrower(12) ─► thrower(11) ─► … ─► throw                 caught by in_throw
 *                   └─ Guard::~Guard ─► spin, innermost first, on the way back
 *
 * usage: stacks_throw SECONDS
 *
 * build-flags: -O2 -fomit-frame-pointer -foptimize-sibling-calls
 */
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <string>

#if defined(__has_attribute) && __has_attribute(noipa)
#define CALLED __attribute__((noipa))
#else
#define CALLED __attribute__((noinline))
#endif
#define AND_ON() __asm__ volatile("" ::: "memory")

static constexpr int THROW_DEPTH = 12, NEST_DEPTH = 100;

static volatile unsigned long sum;

static CALLED void spin(int steps)
{
	unsigned long value = sum;

	for (int i = 0; i < steps; i++)
		value = (value ^ value >> 29) * 6364136223846793005UL;
	sum = value;
}

struct Guard {
	int steps;
	CALLED ~Guard()
	{
		spin(steps);
		AND_ON();
	}
};

static CALLED void thrower(int depth)
{
	const Guard guard { 100 };

	if (depth > 1)
		thrower(depth - 1);
	else
		throw std::string("from the bottom of it all");
	AND_ON();
}

static CALLED void in_throw()
{
	try {
		thrower(THROW_DEPTH);
	} catch (const std::string &text) {
		sum += text.size();
	}
}

struct Shape {
	virtual ~Shape() = default;
	virtual void draw(const Shape *inside) const = 0;
};

struct Square : Shape {
	CALLED void draw(const Shape *inside) const override
	{
		if (inside)
			inside->draw(nullptr);
		else
			spin(5000);
		AND_ON();
	}
};

struct Circle : Shape {
	CALLED void draw(const Shape *inside) const override
	{
		const Square square;

		inside->draw(&square);
		AND_ON();
	}
};

static CALLED void in_virtual()
{
	static const std::unique_ptr<Shape> circle(new Circle), square(new Square);

	circle->draw(square.get());
	AND_ON();
}

struct Nest {
	unsigned long eggs;

	~Nest()
	{
		sum += eggs;
	}
	CALLED unsigned long look(int depth)
	{
		Nest below { eggs + 1 };
		unsigned long count = below.eggs;

		if (depth > 1)
			count += below.look(depth - 1);
		else
			spin(20000);
		AND_ON();
		return count;
	}
};

static CALLED void in_nest()
{
	sum += Nest { 1 }.look(NEST_DEPTH);
}

static double cpu_seconds()
{
	struct timespec ts;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return double(ts.tv_sec) + double(ts.tv_nsec) / 1e9;
}

static CALLED void repeat(void (*call)(), double seconds)
{
	const double end = cpu_seconds() + seconds;

	while (cpu_seconds() < end)
		call();
}

int main(int argc, char **argv)
{
	const double seconds = argc > 1 ? atof(argv[1]) : 0.1;

	puts("virtual main repeat in_virtual Circle::draw Square::draw Square::draw spin");
	printf("nest main repeat in_nest");
	for (int i = 0; i < NEST_DEPTH; i++)
		printf(" Nest::look|~Nest::~Nest");
	puts(" spin|~Nest::~Nest");
	repeat(in_throw, seconds);
	repeat(in_virtual, seconds);
	repeat(in_nest, seconds);
	return 0;
}
