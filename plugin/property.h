// SPDX-License-Identifier: MIT
#pragma once

#include <gst/gst.h>

#include <cstdint>
#include <functional>
#include <string>
#include <type_traits>
#include <vector>

namespace cnn {

inline constexpr auto kMutableReady =
    static_cast<GParamFlags>(G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY);
inline constexpr auto kMutablePlaying =
    static_cast<GParamFlags>(G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING);

/// One GObject property that shows a member of `Values`. The default is the member's own initialiser.
template <class Values>
struct Property {
  std::function<GParamSpec*()> spec;
  std::function<void(Values&, const GValue*)> set;
  std::function<void(const Values&, GValue*)> get;
  std::function<void(const Values& from, Values& to)> copy;
};

/// How a C++ type looks as a GObject property.
template <class T>
struct PropertyType;

template <class T, auto make, auto get, auto set>
struct NumberProperty {
  static GParamSpec* spec(const char* name, const char* blurb, GParamFlags flags, T value, T low, T high) {
    return make(name, name, blurb, low, high, value, flags);
  }
  static T from(const GValue* value) { return get(value); }
  static void to(GValue* value, T number) { set(value, number); }
};

template <>
struct PropertyType<unsigned> : NumberProperty<unsigned, g_param_spec_uint, g_value_get_uint, g_value_set_uint> {};
template <>
struct PropertyType<uint64_t> : NumberProperty<uint64_t, g_param_spec_uint64, g_value_get_uint64, g_value_set_uint64> {};
template <>
struct PropertyType<int> : NumberProperty<int, g_param_spec_int, g_value_get_int, g_value_set_int> {};
template <>
struct PropertyType<double> : NumberProperty<double, g_param_spec_double, g_value_get_double, g_value_set_double> {};

template <>
struct PropertyType<bool> {
  static GParamSpec* spec(const char* name, const char* blurb, GParamFlags flags, bool value, bool, bool) {
    return g_param_spec_boolean(name, name, blurb, value, flags);
  }
  static bool from(const GValue* value) { return g_value_get_boolean(value); }
  static void to(GValue* value, bool flag) { g_value_set_boolean(value, flag); }
};

/// An empty string reads as NULL; NULL sets an empty one.
template <>
struct PropertyType<std::string> {
  static GParamSpec* spec(const char* name, const char* blurb, GParamFlags flags, const std::string& value,
                          const std::string&, const std::string&) {
    return g_param_spec_string(name, name, blurb, value.empty() ? nullptr : value.c_str(), flags);
  }
  static std::string from(const GValue* value) {
    const char* text = g_value_get_string(value);
    return text ? text : "";
  }
  static void to(GValue* value, const std::string& text) {
    g_value_set_string(value, text.empty() ? nullptr : text.c_str());
  }
};

/// The GEnum of a C++ enumeration; each has one specialisation beside its table.
template <class T>
GType enum_type();

/// Registers `type_name` with `values`, which end with zeros, for enum_type().
inline GType register_enum(const char* type_name, const GEnumValue* values) {
  const GType made = g_enum_register_static(type_name, values);
  gst_type_mark_as_plugin_api(made, static_cast<GstPluginAPIFlags>(0));
  return made;
}

template <class T>
requires std::is_enum_v<T>
struct PropertyType<T> {
  static GParamSpec* spec(const char* name, const char* blurb, GParamFlags flags, T value, T, T) {
    return g_param_spec_enum(name, name, blurb, enum_type<T>(), static_cast<int>(value), flags);
  }
  static T from(const GValue* value) { return static_cast<T>(g_value_get_enum(value)); }
  static void to(GValue* value, T choice) { g_value_set_enum(value, static_cast<int>(choice)); }
};

/// A table row. `name` and `blurb` must live as long as the program; [low, high] is for numbers.
template <class Values, class Owner, class T>
Property<Values> property(const char* name, const char* blurb, T Owner::*member, GParamFlags flags,
                          std::type_identity_t<T> low = {}, std::type_identity_t<T> high = {}) {
  return {[=] { return PropertyType<T>::spec(name, blurb, flags, Values{}.*member, low, high); },
          [=](Values& values, const GValue* value) { values.*member = PropertyType<T>::from(value); },
          [=](const Values& values, GValue* value) { PropertyType<T>::to(value, values.*member); },
          [=](const Values& from, Values& to) { to.*member = from.*member; }};
}

template <class Values>
using PropertyTable = std::vector<Property<Values>>;

/// Row i becomes the property with id i + 1.
template <class Values>
void install_properties(GObjectClass* type, const PropertyTable<Values>& table) {
  for (size_t i = 0; i < table.size(); ++i)
    g_object_class_install_property(type, static_cast<guint>(i + 1), table[i].spec());
}

}  // namespace cnn
