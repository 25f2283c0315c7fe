"""A load for the bench: what an ordinary Python program does, always the same, for some seconds.

usage: load_python.py [ROUNDS [PROCESSES]]"""
import os
import re
import sys


class Node:
    def __init__(self, key):
        self.key, self.left, self.right = key, None, None


def insert(node, key):
    if node is None:
        return Node(key)
    if key < node.key:
        node.left = insert(node.left, key)
    else:
        node.right = insert(node.right, key)
    return node


def walk(node):
    if node is not None:
        yield from walk(node.left)
        yield node.key
        yield from walk(node.right)


def numbers(count, seed):
    for _ in range(count):
        seed = (seed * 1103515245 + 12345) & 0x7FFFFFFF
        yield seed


def sort_tree(seed):
    root = None
    for key in numbers(20000, seed):
        root = insert(root, key)
    return sum(walk(root)) & 0xFFFF


def count_words(seed):
    text = " ".join(f"w{number % 997}x{number % 7}" for number in numbers(30000, seed))
    counts = {}
    for word in re.findall(r"w\d+", text):
        counts[word] = counts.get(word, 0) + 1
    return len(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def sieve(limit):
    flags = bytearray([1]) * limit
    for i in range(2, int(limit ** 0.5) + 1):
        if flags[i]:
            flags[i * i::i] = bytes(len(range(i * i, limit, i)))
    return sum(flags)


def matrix(size, seed):
    row = [number % 10 for number in numbers(size, seed)]
    left = [row[i:] + row[:i] for i in range(size)]
    return sum(sum(a * b for a, b in zip(line, column)) for line in left for column in zip(*left))


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    processes = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    children = []
    for _ in range(processes - 1):
        child = os.fork()
        if child == 0:
            children = []
            break
        children.append(child)
    total = 0
    for seed in range(1, rounds + 1):
        total += sort_tree(seed) + count_words(seed) + sieve(400000) + matrix(60, seed)
    for child in children:
        os.waitpid(child, 0)
    return total == 0


sys.exit(main())
