//! Shops: whom they serve, who works there, and that one opens again after an infection closed it.

use supply::Command;
use types::{AreaCode, Span};

use super::lists::Sites;
use crate::provisions::Shop;
use crate::run::Drill;
use crate::score::provided::Closing;

/// A shop that was closed by an infection opens again after so long, with other staff. Chosen.
const CLOSED_FOR: Span = Span::days(3);

impl Drill {
    pub(super) fn assign(&mut self, desk: usize, area: AreaCode, shop: &Shop) {
        for (community, households) in shop.serves.clone() {
            let (shop, now) = (shop.holder.clone(), self.now);
            let serves = Command::AssignShop { community, shop, households };
            self.devices[desk].note(now, area, serves);
        }
    }

    /// Says who works at a shop, or does no more: when one of them is found positive the system closes it.
    pub(super) fn put_staff(&mut self, desk: usize, area: AreaCode, shop: &Shop, works: bool) {
        for person in &shop.staff {
            let (site, person) = (shop.holder.clone(), self.town.person_id(*person));
            let put = Command::PutStaff { site, person, works };
            self.devices[desk].note(self.now, area, put);
        }
    }

    /// A shop is closed by the system when somebody of its staff is found positive; with other staff it opens again.
    pub(super) fn open_again(&mut self, desk: usize, area: AreaCode, sites: &Sites) {
        let now = self.now;
        for (at, shop) in self.town.provisions.shops.clone().into_iter().enumerate() {
            let Some(row) = sites.site(&shop.holder).filter(|_| shop.area == area) else {
                continue;
            };
            if row.open {
                continue;
            }
            let closings = &mut self.chronicle.supply.closings;
            let known = closings.iter().find(|c| c.site == shop.holder && c.until.is_none());
            let Some(closing) = known else {
                closings.push(Closing { site: shop.holder.clone(), at: now, until: None });
                continue;
            };
            if now - closing.at < CLOSED_FOR {
                continue;
            }
            let reason = "消杀检测后换班开放 / disinfected, other staff".to_owned();
            let reopen = Command::ReopenSite { site: shop.holder.clone(), reason };
            self.devices[desk].note(now, area, reopen);
            let (ill, well) = shop.staff.iter().partition(|person| self.is_case(**person));
            self.put_staff(desk, area, &Shop { staff: ill, ..shop.clone() }, false);
            self.town.provisions.shops[at].staff = well;
            // It serves its communities again, and those who stood in are free for theirs.
            for (community, _) in &shop.serves {
                let of = sites.serves.iter().filter(|row| row.community == community.as_str());
                for other in of.filter_map(|row| row.shop.clone()) {
                    let back = Command::AssignShop {
                        community: community.clone(),
                        shop: other,
                        households: 0,
                    };
                    self.devices[desk].note(now, area, back);
                }
            }
            self.assign(desk, area, &shop);
        }
    }
}
