/*
 * inlines.cpp - C++ whose work is done in inlined functions of a template.
 *
 *   main ─► noise::Field<int>::stir                       not inlined
 *             └─ noise::Mixer<int>::mix, inlined           3 parts
 *                  └─ noise::fold(…), inlined
 *           noise::Field<int>::pour                       not inlined
 *             └─ noise::Mixer<long>::mix, inlined          1 part
 *                  └─ noise::fold(…), inlined
 */
#include "spin.h"

namespace noise {

__attribute__((always_inline)) inline uint64_t fold(uint64_t value)
{
	value ^= value >> 29;
	value *= 6364136223846793005ULL;
	return value;
}

template <typename T> struct Mixer {
	__attribute__((always_inline)) static uint64_t mix(uint64_t value)
	{
		value = fold(value + sizeof(T));
		value = fold(value + 1);
		return value;
	}
};

template <typename T> struct Field {
	__attribute__((noinline)) static uint64_t stir(uint64_t value, uint64_t steps)
	{
		for (uint64_t i = 0; i < steps; i++)
			value = Mixer<T>::mix(value);
		return value;
	}
	__attribute__((noinline)) static uint64_t pour(uint64_t value, uint64_t steps)
	{
		for (uint64_t i = 0; i < steps; i++)
			value = Mixer<long>::mix(value);
		return value;
	}
};

}

int main()
{
	spin_for(0.45, noise::Field<int>::stir);
	spin_for(0.15, noise::Field<int>::pour);
	return 0;
}
