# The native data plane. Built by scripts/build-native into build/Release/vnet.node.
{
  "targets": [
    {
      "target_name": "vnet",
      "sources": ["<!@(ls native/*.cc)"],
      "include_dirs": ["<!(node -p \"require('node-addon-api').include_dir\")"],
      # Swallow...: a worker thread may be terminated while JavaScript handles our events.
      "defines": ["NAPI_VERSION=9", "NAPI_DISABLE_CPP_EXCEPTIONS", "_GNU_SOURCE",
                  "NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS"],
      "cflags!": ["-fno-exceptions"],
      "cflags_cc!": ["-fno-exceptions", "-fno-rtti", "-std=gnu++17", "-std=gnu++20"],
      # GCC 12 sees overflows in std::vector::insert at -O3 that are not there.
      "cflags_cc": ["-std=c++20", "-O3", "-Wall", "-Wextra", "-fvisibility=hidden", "-fstack-protector-strong",
                    "-Wno-stringop-overflow"],
      "libraries": ["-lpcap"]
    }
  ]
}
