// LiveRepository: models that answer to one name. The variants of a model are models of the same
// folder that its card names; they are loaded, swapped and unloaded together with it.
#include <fmt/format.h>

#include <tuple>
#include <utility>

#include "serving/live_repository.h"
#include "serving/repository.h"

namespace perigee::serving {
namespace {

std::string Attempt(const RepositoryEntry& entry) {
  return fmt::format("load model {} version {}", entry.name, entry.version);
}

// Why not, if `variant`, which has a shelf, may not be one of those of `name`.
Result<void> CheckVariant(const Shelves& shelves, const std::string& name,
                          const RepositoryEntry& variant) {
  const Shelf& shelf = shelves.find(variant.name)->second;
  std::string why;
  if (variant.name == name) {
    why = "it is the model itself";
  } else if (!shelf.variant_of.empty() && shelf.variant_of != name) {
    why = "it is one of " + shelf.variant_of;
  } else if (!shelf.variants.empty() || !variant.serving.variants.empty()) {
    why = "it has variants of its own";
  }
  if (why.empty()) return {};
  return Fail(InvalidArgument(fmt::format("{} cannot be a variant: {}", variant.name, why)));
}

}  // namespace

std::string LiveRepository::OwnerOf(const std::string& name) const {
  return shelves_.With([&name](const Shelves& shelves) {
    const auto found = shelves.find(name);
    return found == shelves.end() ? std::string() : found->second.variant_of;
  });
}

// The newest version takes the requests that name none: alone, or with the variants of its card.
Result<void> LiveRepository::LoadNewest(const RepositoryEntry& entry) {
  if (entry.serving.variants.empty()) {
    TRY(LoadVersion(entry, true));
    return LetVariantsGo(entry.name);
  }
  const Result<Entries> family = ScanFamily(entry);
  if (!family) return Shelve(entry, Fail(Error(family.error()).Within(Attempt(entry))), true);
  Result<std::unique_ptr<VariantModel>> choice = OpenFamily(*family);
  if (!choice) {
    RefuseFamily(*family, choice.error());
    return Shelve(entry, Fail(std::move(choice).error()), true);
  }
  Result<void> served = ServeFamily(*family, *std::move(choice));
  if (!served) RefuseFamily(*family, served.error());
  return served;
}

// Those of its members that are not loaded say why, though it was not their turn yet.
void LiveRepository::RefuseFamily(const Entries& family, const Error& error) {
  shelves_.With([&](Shelves& shelves) {
    for (const RepositoryEntry& member : family) {
      Shelf::Version& version = shelves[member.name].versions[model::VersionNumber(member.version)];
      if (version.model != nullptr) continue;
      version.state = model::ModelState::kUnavailable;
      version.reason = error.message;
    }
  });
}

// The model and the newest version of each of its variants.
Result<LiveRepository::Entries> LiveRepository::ScanFamily(const RepositoryEntry& entry) {
  Entries family = {entry};
  for (const std::string& name : entry.serving.variants) {
    TRY(CheckNoCanary(name));
    const Result<Entries> versions = ScanModel(options_.folder, name);
    if (!versions) return Fail(versions.error());
    const std::string now = Stamps(options_.folder, versions);
    const Result<void> may_be = shelves_.With([&](Shelves& shelves) {
      Shelf& shelf = shelves[name];
      // Served as one, its own look at the folder need not try the same; by itself, it must.
      if (shelf.variant_of == entry.name) shelf.seen = shelf.tried = now;
      shelf.reason.clear();
      return CheckVariant(shelves, entry.name, versions->back());
    });
    if (!may_be) return Fail(may_be.error());
    family.push_back(versions->back());
  }
  return family;
}

// None of them is served before all of them can be.
Result<std::unique_ptr<VariantModel>> LiveRepository::OpenFamily(const Entries& family) {
  const RepositoryEntry& first = family.front();
  model::SharedModel model = TRY(OpenVersion(first));
  std::vector<Variant> members = {{first.version, std::move(model)}};
  for (std::size_t i = 1; i < family.size(); ++i) {
    Result<model::SharedModel> variant = OpenVersion(family[i]);
    if (!variant) return Fail(std::move(variant).error().Within(Attempt(first)));
    members.push_back({family[i].name, *std::move(variant)});
  }
  auto choice = VariantModel::Open(first.name, std::move(members), clock_);
  if (!choice) return Fail(std::move(choice).error().Within(Attempt(first)));
  return choice;
}

Result<void> LiveRepository::ServeFamily(const Entries& family,
                                         std::unique_ptr<VariantModel> choice) {
  const std::string& name = family.front().name;
  for (std::size_t i = 0; i < family.size(); ++i) {
    TRY(Shelve(family[i], choice->variants()[i].model, true));
  }
  TRY(models_.Route(name, std::move(choice)));
  std::vector<std::string> variants(family.front().serving.variants);
  shelves_.With([&](Shelves& shelves) { SetVariants(shelves, name, std::move(variants)); });
  for (std::size_t i = 1; i < family.size(); ++i) {
    WithdrawAllBut(family[i].name, {model::VersionNumber(family[i].version)});
    Changed(family[i].name);
  }
  return {};
}

// They stay loaded, each a model of its own.
Result<void> LiveRepository::LetVariantsGo(const std::string& name) {
  const bool has = shelves_.With([&](Shelves& shelves) { return !shelves[name].variants.empty(); });
  if (!has) return {};
  TRY(models_.Route(name, nullptr));
  shelves_.With([&](Shelves& shelves) { SetVariants(shelves, name, {}); });
  return {};
}

void LiveRepository::UnloadVariants(const std::string& name) {
  const std::vector<std::string> variants = shelves_.With([&](Shelves& shelves) {
    std::vector<std::string> old = shelves[name].variants;
    SetVariants(shelves, name, {});
    return old;
  });
  for (const std::string& variant : variants) std::ignore = UnloadNow(variant);
}

Result<void> LiveRepository::CheckNoVariants(const RepositoryEntry& candidate) const {
  const std::string& name = candidate.name;
  const bool related = shelves_.With([&name](const Shelves& shelves) {
    const auto found = shelves.find(name);
    return found != shelves.end() &&
           !(found->second.variants.empty() && found->second.variant_of.empty());
  });
  if (!related && candidate.serving.variants.empty()) return {};
  return Fail(Unimplemented(fmt::format(
      "try model {} version {}: a model that has variants, or is one, cannot have a canary; load "
      "the version, or take the variants out of the card first",
      name, candidate.version)));
}

}  // namespace perigee::serving
