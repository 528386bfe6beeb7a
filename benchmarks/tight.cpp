// System (a) as tightly as C++ says it: a heap of ends, three queues, nothing else.
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <deque>
#include <fstream>
#include <functional>
#include <queue>
#include <vector>

struct Row { int64_t at, service, rank; };
constexpr std::size_t servers = 5;

int main(int, char** argv) {
    std::ifstream in(argv[1], std::ios::binary | std::ios::ate);
    std::vector<Row> rows(in.tellg() / sizeof(Row));
    in.seekg(0);
    in.read(reinterpret_cast<char*>(rows.data()), rows.size() * sizeof(Row));
    std::vector<int64_t> starts(rows.size());

    std::clock_t begin = std::clock();
    std::priority_queue<int64_t, std::vector<int64_t>, std::greater<>> ends;
    std::deque<int64_t> waiting[3];
    auto finish = [&] {
        int64_t now = ends.top();
        ends.pop();
        for (auto& queue : waiting)
            if (!queue.empty()) {
                starts[queue.front()] = now;
                ends.push(now + rows[queue.front()].service);
                queue.pop_front();
                return;
            }
    };
    for (std::size_t number = 0; number < rows.size(); ++number) {
        int64_t now = rows[number].at;
        while (!ends.empty() && ends.top() < now) finish();
        if (ends.size() < servers) {
            starts[number] = now;
            ends.push(now + rows[number].service);
        } else {
            waiting[rows[number].rank].push_back(number);
        }
    }
    while (!ends.empty()) finish();
    std::printf("%.9f\n", double(std::clock() - begin) / CLOCKS_PER_SEC);

    std::ofstream(argv[2], std::ios::binary).write(reinterpret_cast<char*>(starts.data()), starts.size() * sizeof(int64_t));
}
