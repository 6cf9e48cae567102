/** What is wrong around the question: no connection, a broken link, a picture that is too large. */
import { banners, online } from "../state/store";
import { Icon } from "./icons";

export function Banners() {
  return (
    <div class="banners" aria-live="polite">
      {!online.value && (
        <p class="banner" data-testid="banner" data-kind="offline" role="alert">
          <Icon name="warn" />
          <span>The service does not answer. This page tries again every two seconds; what was found stays.</span>
        </p>
      )}
      {banners.value.map((banner) => (
        <p key={banner.text} class="banner" data-testid="banner" data-kind={banner.kind}>
          <Icon name="warn" />
          <span>{banner.text}</span>
          <button
            type="button"
            class="bare"
            data-testid="banner-close"
            aria-label="Close this message"
            onClick={() => {
              banners.value = banners.value.filter((each) => each !== banner);
            }}
          >
            <Icon name="close" size={12} />
          </button>
        </p>
      ))}
    </div>
  );
}
