import * as $protobuf from "protobufjs/minimal.js";
import Long = require("long");

/** Namespace vnet. */
export namespace vnet {

    /**
     * Properties of a Control.
     * @deprecated Use vnet.Control.$Properties instead.
     */
    interface IControl extends vnet.Control.$Properties {
    }

    /** Represents a Control. */
    class Control {

        /**
         * Constructs a new Control.
         * @param [properties] Properties to set
         */
        constructor(properties?: vnet.Control.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Control requestId. */
        requestId: number;

        /** Control hello. */
        hello?: (vnet.Hello.$Properties|null);

        /** Control goodbye. */
        goodbye?: (vnet.Goodbye.$Properties|null);

        /** Control joinRequest. */
        joinRequest?: (vnet.JoinRequest.$Properties|null);

        /** Control joinResponse. */
        joinResponse?: (vnet.JoinResponse.$Properties|null);

        /** Control renewRequest. */
        renewRequest?: (vnet.RenewRequest.$Properties|null);

        /** Control renewResponse. */
        renewResponse?: (vnet.RenewResponse.$Properties|null);

        /** Control macAnnounce. */
        macAnnounce?: (vnet.MacAnnounce.$Properties|null);

        /** Control macUpdate. */
        macUpdate?: (vnet.MacUpdate.$Properties|null);

        /** Control revocationList. */
        revocationList?: (vnet.RevocationList.$Properties|null);

        /** Control linkOrder. */
        linkOrder?: (vnet.LinkOrder.$Properties|null);

        /** Control linkReport. */
        linkReport?: (vnet.LinkReport.$Properties|null);

        /** Control ruleOrder. */
        ruleOrder?: (vnet.RuleOrder.$Properties|null);

        /** Control pinList. */
        pinList?: (vnet.PinList.$Properties|null);

        /** Control echo. */
        echo?: (vnet.Echo.$Properties|null);

        /** Control echoReply. */
        echoReply?: (vnet.EchoReply.$Properties|null);

        /** Control acknowledge. */
        acknowledge?: (vnet.Acknowledge.$Properties|null);

        /** Control hostReport. */
        hostReport?: (vnet.HostReport.$Properties|null);

        /** Control matrixOrder. */
        matrixOrder?: (vnet.MatrixOrder.$Properties|null);

        /** Control matrixReport. */
        matrixReport?: (vnet.MatrixReport.$Properties|null);

        /** Control clockRequest. */
        clockRequest?: (vnet.ClockRequest.$Properties|null);

        /** Control clockReply. */
        clockReply?: (vnet.ClockReply.$Properties|null);

        /** Control guestNames. */
        guestNames?: (vnet.GuestNames.$Properties|null);

        /** Control linkMeasures. */
        linkMeasures?: (vnet.LinkMeasures.$Properties|null);

        /** Control probeOrder. */
        probeOrder?: (vnet.ProbeOrder.$Properties|null);

        /** Control probeResult. */
        probeResult?: (vnet.ProbeResult.$Properties|null);

        /** Control pathCheck. */
        pathCheck?: (vnet.PathCheck.$Properties|null);

        /** Control pathCheckReply. */
        pathCheckReply?: (vnet.PathCheckReply.$Properties|null);

        /** Control pathRules. */
        pathRules?: (vnet.PathRules.$Properties|null);

        /** Control body. */
        body?: ("hello"|"goodbye"|"joinRequest"|"joinResponse"|"renewRequest"|"renewResponse"|"macAnnounce"|"macUpdate"|"revocationList"|"linkOrder"|"linkReport"|"ruleOrder"|"pinList"|"echo"|"echoReply"|"acknowledge"|"hostReport"|"matrixOrder"|"matrixReport"|"clockRequest"|"clockReply"|"guestNames"|"linkMeasures"|"probeOrder"|"probeResult"|"pathCheck"|"pathCheckReply"|"pathRules");

        /**
         * Encodes the specified Control message. Does not implicitly {@link vnet.Control.verify|verify} messages.
         * @param message Control message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: vnet.Control.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a Control message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {vnet.Control & vnet.Control.$Shape} Control
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): vnet.Control & vnet.Control.$Shape;
    }

    namespace Control {

        /** Properties of a Control. */
        interface $Properties {

            /** Control requestId */
            requestId?: (number|null);

            /** Control hello */
            hello?: (vnet.Hello.$Properties|null);

            /** Control goodbye */
            goodbye?: (vnet.Goodbye.$Properties|null);

            /** Control joinRequest */
            joinRequest?: (vnet.JoinRequest.$Properties|null);

            /** Control joinResponse */
            joinResponse?: (vnet.JoinResponse.$Properties|null);

            /** Control renewRequest */
            renewRequest?: (vnet.RenewRequest.$Properties|null);

            /** Control renewResponse */
            renewResponse?: (vnet.RenewResponse.$Properties|null);

            /** Control macAnnounce */
            macAnnounce?: (vnet.MacAnnounce.$Properties|null);

            /** Control macUpdate */
            macUpdate?: (vnet.MacUpdate.$Properties|null);

            /** Control revocationList */
            revocationList?: (vnet.RevocationList.$Properties|null);

            /** Control linkOrder */
            linkOrder?: (vnet.LinkOrder.$Properties|null);

            /** Control linkReport */
            linkReport?: (vnet.LinkReport.$Properties|null);

            /** Control ruleOrder */
            ruleOrder?: (vnet.RuleOrder.$Properties|null);

            /** Control pinList */
            pinList?: (vnet.PinList.$Properties|null);

            /** Control echo */
            echo?: (vnet.Echo.$Properties|null);

            /** Control echoReply */
            echoReply?: (vnet.EchoReply.$Properties|null);

            /** Control acknowledge */
            acknowledge?: (vnet.Acknowledge.$Properties|null);

            /** Control hostReport */
            hostReport?: (vnet.HostReport.$Properties|null);

            /** Control matrixOrder */
            matrixOrder?: (vnet.MatrixOrder.$Properties|null);

            /** Control matrixReport */
            matrixReport?: (vnet.MatrixReport.$Properties|null);

            /** Control clockRequest */
            clockRequest?: (vnet.ClockRequest.$Properties|null);

            /** Control clockReply */
            clockReply?: (vnet.ClockReply.$Properties|null);

            /** Control guestNames */
            guestNames?: (vnet.GuestNames.$Properties|null);

            /** Control linkMeasures */
            linkMeasures?: (vnet.LinkMeasures.$Properties|null);

            /** Control probeOrder */
            probeOrder?: (vnet.ProbeOrder.$Properties|null);

            /** Control probeResult */
            probeResult?: (vnet.ProbeResult.$Properties|null);

            /** Control pathCheck */
            pathCheck?: (vnet.PathCheck.$Properties|null);

            /** Control pathCheckReply */
            pathCheckReply?: (vnet.PathCheckReply.$Properties|null);

            /** Control pathRules */
            pathRules?: (vnet.PathRules.$Properties|null);

            /** Control body */
            body?: ("hello"|"goodbye"|"joinRequest"|"joinResponse"|"renewRequest"|"renewResponse"|"macAnnounce"|"macUpdate"|"revocationList"|"linkOrder"|"linkReport"|"ruleOrder"|"pinList"|"echo"|"echoReply"|"acknowledge"|"hostReport"|"matrixOrder"|"matrixReport"|"clockRequest"|"clockReply"|"guestNames"|"linkMeasures"|"probeOrder"|"probeResult"|"pathCheck"|"pathCheckReply"|"pathRules");

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Narrowed shape of a Control. */
        type $Shape = {
          requestId?: number|null;
          hello?: vnet.Hello.$Shape|null;
          goodbye?: vnet.Goodbye.$Shape|null;
          joinRequest?: vnet.JoinRequest.$Shape|null;
          joinResponse?: vnet.JoinResponse.$Shape|null;
          renewRequest?: vnet.RenewRequest.$Shape|null;
          renewResponse?: vnet.RenewResponse.$Shape|null;
          macAnnounce?: vnet.MacAnnounce.$Shape|null;
          macUpdate?: vnet.MacUpdate.$Shape|null;
          revocationList?: vnet.RevocationList.$Shape|null;
          linkOrder?: vnet.LinkOrder.$Shape|null;
          linkReport?: vnet.LinkReport.$Shape|null;
          ruleOrder?: vnet.RuleOrder.$Shape|null;
          pinList?: vnet.PinList.$Shape|null;
          echo?: vnet.Echo.$Shape|null;
          echoReply?: vnet.EchoReply.$Shape|null;
          acknowledge?: vnet.Acknowledge.$Shape|null;
          hostReport?: vnet.HostReport.$Shape|null;
          matrixOrder?: vnet.MatrixOrder.$Shape|null;
          matrixReport?: vnet.MatrixReport.$Shape|null;
          clockRequest?: vnet.ClockRequest.$Shape|null;
          clockReply?: vnet.ClockReply.$Shape|null;
          guestNames?: vnet.GuestNames.$Shape|null;
          linkMeasures?: vnet.LinkMeasures.$Shape|null;
          probeOrder?: vnet.ProbeOrder.$Shape|null;
          probeResult?: vnet.ProbeResult.$Shape|null;
          pathCheck?: vnet.PathCheck.$Shape|null;
          pathCheckReply?: vnet.PathCheckReply.$Shape|null;
          pathRules?: vnet.PathRules.$Shape|null;
          $unknowns?: Uint8Array[];
        } & (
          ({ body?: undefined; hello?: null; goodbye?: null; joinRequest?: null; joinResponse?: null; renewRequest?: null; renewResponse?: null; macAnnounce?: null; macUpdate?: null; revocationList?: null; linkOrder?: null; linkReport?: null; ruleOrder?: null; pinList?: null; echo?: null; echoReply?: null; acknowledge?: null; hostReport?: null; matrixOrder?: null; matrixReport?: null; clockRequest?: null; clockReply?: null; guestNames?: null; linkMeasures?: null; probeOrder?: null; probeResult?: null; pathCheck?: null; pathCheckReply?: null; pathRules?: null }|{ body?: "hello"; hello: vnet.Hello.$Shape; goodbye?: null; joinRequest?: null; joinResponse?: null; renewRequest?: null; renewResponse?: null; macAnnounce?: null; macUpdate?: null; revocationList?: null; linkOrder?: null; linkReport?: null; ruleOrder?: null; pinList?: null; echo?: null; echoReply?: null; acknowledge?: null; hostReport?: null; matrixOrder?: null; matrixReport?: null; clockRequest?: null; clockReply?: null; guestNames?: null; linkMeasures?: null; probeOrder?: null; probeResult?: null; pathCheck?: null; pathCheckReply?: null; pathRules?: null }|{ body?: "goodbye"; hello?: null; goodbye: vnet.Goodbye.$Shape; joinRequest?: null; joinResponse?: null; renewRequest?: null; renewResponse?: null; macAnnounce?: null; macUpdate?: null; revocationList?: null; linkOrder?: null; linkReport?: null; ruleOrder?: null; pinList?: null; echo?: null; echoReply?: null; acknowledge?: null; hostReport?: null; matrixOrder?: null; matrixReport?: null; clockRequest?: null; clockReply?: null; guestNames?: null; linkMeasures?: null; probeOrder?: null; probeResult?: null; pathCheck?: null; pathCheckReply?: null; pathRules?: null }|{ body?: "joinRequest"; hello?: null; goodbye?: null; joinRequest: vnet.JoinRequest.$Shape; joinResponse?: null; renewRequest?: null; renewResponse?: null; macAnnounce?: null; macUpdate?: null; revocationList?: null; linkOrder?: null; linkReport?: null; ruleOrder?: null; pinList?: null; echo?: null; echoReply?: null; acknowledge?: null; hostReport?: null; matrixOrder?: null; matrixReport?: null; clockRequest?: null; clockReply?: null; guestNames?: null; linkMeasures?: null; probeOrder?: null; probeResult?: null; pathCheck?: null; pathCheckReply?: null; pathRules?: null }|{ body?: "joinResponse"; hello?: null; goodbye?: null; joinRequest?: null; joinResponse: vnet.JoinResponse.$Shape; renewRequest?: null; renewResponse?: null; macAnnounce?: null; macUpdate?: null; revocationList?: null; linkOrder?: null; linkReport?: null; ruleOrder?: null; pinList?: null; echo?: null; echoReply?: null; acknowledge?: null; hostReport?: null; matrixOrder?: null; matrixReport?: null; clockRequest?: null; clockReply?: null; guestNames?: null; linkMeasures?: null; probeOrder?: null; probeResult?: null; pathCheck?: null; pathCheckReply?: null; pathRules?: null }|{ body?: "renewRequest"; hello?: null; goodbye?: null; joinRequest?: null; joinResponse?: null; renewRequest: vnet.RenewRequest.$Shape; renewResponse?: null; macAnnounce?: null; macUpdate?: null; revocationList?: null; linkOrder?: null; linkReport?: null; ruleOrder?: null; pinList?: null; echo?: null; echoReply?: null; acknowledge?: null; hostReport?: null; matrixOrder?: null; matrixReport?: null; clockRequest?: null; clockReply?: null; guestNames?: null; linkMeasures?: null; probeOrder?: null; probeResult?: null; pathCheck?: null; pathCheckReply?: null; pathRules?: null }|{ body?: "renewResponse"; hello?: null; goodbye?: null; joinRequest?: null; joinResponse?: null; renewRequest?: null; renewResponse: vnet.RenewResponse.$Shape; macAnnounce?: null; macUpdate?: null; revocationList?: null; linkOrder?: null; linkReport?: null; ruleOrder?: null; pinList?: null; echo?: null; echoReply?: null; acknowledge?: null; hostReport?: null; matrixOrder?: null; matrixReport?: null; clockRequest?: null; clockReply?: null; guestNames?: null; linkMeasures?: null; probeOrder?: null; probeResult?: null; pathCheck?: null; pathCheckReply?: null; pathRules?: null }|{ body?: "macAnnounce"; hello?: null; goodbye?: null; joinRequest?: null; joinResponse?: null; renewRequest?: null; renewResponse?: null; macAnnounce: vnet.MacAnnounce.$Shape; macUpdate?: null; revocationList?: null; linkOrder?: null; linkReport?: null; ruleOrder?: null; pinList?: null; echo?: null; echoReply?: null; acknowledge?: null; hostReport?: null; matrixOrder?: null; matrixReport?: null; clockRequest?: null; clockReply?: null; guestNames?: null; linkMeasures?: null; probeOrder?: null; probeResult?: null; pathCheck?: null; pathCheckReply?: null; pathRules?: null }|{ body?: "macUpdate"; hello?: null; goodbye?: null; joinRequest?: null; joinResponse?: null; renewRequest?: null; renewResponse?: null; macAnnounce?: null; macUpdate: vnet.MacUpdate.$Shape; revocationList?: null; linkOrder?: null; linkReport?: null; ruleOrder?: null; pinList?: null; echo?: null; echoReply?: null; acknowledge?: null; hostReport?: null; matrixOrder?: null; matrixReport?: null; clockRequest?: null; clockReply?: null; guestNames?: null; linkMeasures?: null; probeOrder?: null; probeResult?: null; pathCheck?: null; pathCheckReply?: null; pathRules?: null }|{ body?: "revocationList"; hello?: null; goodbye?: null; joinRequest?: null; joinResponse?: null; renewRequest?: null; renewResponse?: null; macAnnounce?: null; macUpdate?: null; revocationList: vnet.RevocationList.$Shape; linkOrder?: null; linkReport?: null; ruleOrder?: null; pinList?: null; echo?: null; echoReply?: null; acknowledge?: null; hostReport?: null; matrixOrder?: null; matrixReport?: null; clockRequest?: null; clockReply?: null; guestNames?: null; linkMeasures?: null; probeOrder?: null; probeResult?: null; pathCheck?: null; pathCheckReply?: null; pathRules?: null }|{ body?: "linkOrder"; hello?: null; goodbye?: null; joinRequest?: null; joinResponse?: null; renewRequest?: null; renewResponse?: null; macAnnounce?: null; macUpdate?: null; revocationList?: null; linkOrder: vnet.LinkOrder.$Shape; linkReport?: null; ruleOrder?: null; pinList?: null; echo?: null; echoReply?: null; acknowledge?: null; hostReport?: null; matrixOrder?: null; matrixReport?: null; clockRequest?: null; clockReply?: null; guestNames?: null; linkMeasures?: null; probeOrder?: null; probeResult?: null; pathCheck?: null; pathCheckReply?: null; pathRules?: null }|{ body?: "linkReport"; hello?: null; goodbye?: null; joinRequest?: null; joinResponse?: null; renewRequest?: null; renewResponse?: null; macAnnounce?: null; macUpdate?: null; revocationList?: null; linkOrder?: null; linkReport: vnet.LinkReport.$Shape; ruleOrder?: null; pinList?: null; echo?: null; echoReply?: null; acknowledge?: null; hostReport?: null; matrixOrder?: null; matrixReport?: null; clockRequest?: null; clockReply?: null; guestNames?: null; linkMeasures?: null; probeOrder?: null; probeResult?: null; pathCheck?: null; pathCheckReply?: null; pathRules?: null }|{ body?: "ruleOrder"; hello?: null; goodbye?: null; joinRequest?: null; joinResponse?: null; renewRequest?: null; renewResponse?: null; macAnnounce?: null; macUpdate?: null; revocationList?: null; linkOrder?: null; linkReport?: null; ruleOrder: vnet.RuleOrder.$Shape; pinList?: null; echo?: null; echoReply?: null; acknowledge?: null; hostReport?: null; matrixOrder?: null; matrixReport?: null; clockRequest?: null; clockReply?: null; guestNames?: null; linkMeasures?: null; probeOrder?: null; probeResult?: null; pathCheck?: null; pathCheckReply?: null; pathRules?: null }|{ body?: "pinList"; hello?: null; goodbye?: null; joinRequest?: null; joinResponse?: null; renewRequest?: null; renewResponse?: null; macAnnounce?: null; macUpdate?: null; revocationList?: null; linkOrder?: null; linkReport?: null; ruleOrder?: null; pinList: vnet.PinList.$Shape; echo?: null; echoReply?: null; acknowledge?: null; hostReport?: null; matrixOrder?: null; matrixReport?: null; clockRequest?: null; clockReply?: null; guestNames?: null; linkMeasures?: null; probeOrder?: null; probeResult?: null; pathCheck?: null; pathCheckReply?: null; pathRules?: null }|{ body?: "echo"; hello?: null; goodbye?: null; joinRequest?: null; joinResponse?: null; renewRequest?: null; renewResponse?: null; macAnnounce?: null; macUpdate?: null; revocationList?: null; linkOrder?: null; linkReport?: null; ruleOrder?: null; pinList?: null; echo: vnet.Echo.$Shape; echoReply?: null; acknowledge?: null; hostReport?: null; matrixOrder?: null; matrixReport?: null; clockRequest?: null; clockReply?: null; guestNames?: null; linkMeasures?: null; probeOrder?: null; probeResult?: null; pathCheck?: null; pathCheckReply?: null; pathRules?: null }|{ body?: "echoReply"; hello?: null; goodbye?: null; joinRequest?: null; joinResponse?: null; renewRequest?: null; renewResponse?: null; macAnnounce?: null; macUpdate?: null; revocationList?: null; linkOrder?: null; linkReport?: null; ruleOrder?: null; pinList?: null; echo?: null; echoReply: vnet.EchoReply.$Shape; acknowledge?: null; hostReport?: null; matrixOrder?: null; matrixReport?: null; clockRequest?: null; clockReply?: null; guestNames?: null; linkMeasures?: null; probeOrder?: null; probeResult?: null; pathCheck?: null; pathCheckReply?: null; pathRules?: null }|{ body?: "acknowledge"; hello?: null; goodbye?: null; joinRequest?: null; joinResponse?: null; renewRequest?: null; renewResponse?: null; macAnnounce?: null; macUpdate?: null; revocationList?: null; linkOrder?: null; linkReport?: null; ruleOrder?: null; pinList?: null; echo?: null; echoReply?: null; acknowledge: vnet.Acknowledge.$Shape; hostReport?: null; matrixOrder?: null; matrixReport?: null; clockRequest?: null; clockReply?: null; guestNames?: null; linkMeasures?: null; probeOrder?: null; probeResult?: null; pathCheck?: null; pathCheckReply?: null; pathRules?: null }|{ body?: "hostReport"; hello?: null; goodbye?: null; joinRequest?: null; joinResponse?: null; renewRequest?: null; renewResponse?: null; macAnnounce?: null; macUpdate?: null; revocationList?: null; linkOrder?: null; linkReport?: null; ruleOrder?: null; pinList?: null; echo?: null; echoReply?: null; acknowledge?: null; hostReport: vnet.HostReport.$Shape; matrixOrder?: null; matrixReport?: null; clockRequest?: null; clockReply?: null; guestNames?: null; linkMeasures?: null; probeOrder?: null; probeResult?: null; pathCheck?: null; pathCheckReply?: null; pathRules?: null }|{ body?: "matrixOrder"; hello?: null; goodbye?: null; joinRequest?: null; joinResponse?: null; renewRequest?: null; renewResponse?: null; macAnnounce?: null; macUpdate?: null; revocationList?: null; linkOrder?: null; linkReport?: null; ruleOrder?: null; pinList?: null; echo?: null; echoReply?: null; acknowledge?: null; hostReport?: null; matrixOrder: vnet.MatrixOrder.$Shape; matrixReport?: null; clockRequest?: null; clockReply?: null; guestNames?: null; linkMeasures?: null; probeOrder?: null; probeResult?: null; pathCheck?: null; pathCheckReply?: null; pathRules?: null }|{ body?: "matrixReport"; hello?: null; goodbye?: null; joinRequest?: null; joinResponse?: null; renewRequest?: null; renewResponse?: null; macAnnounce?: null; macUpdate?: null; revocationList?: null; linkOrder?: null; linkReport?: null; ruleOrder?: null; pinList?: null; echo?: null; echoReply?: null; acknowledge?: null; hostReport?: null; matrixOrder?: null; matrixReport: vnet.MatrixReport.$Shape; clockRequest?: null; clockReply?: null; guestNames?: null; linkMeasures?: null; probeOrder?: null; probeResult?: null; pathCheck?: null; pathCheckReply?: null; pathRules?: null }|{ body?: "clockRequest"; hello?: null; goodbye?: null; joinRequest?: null; joinResponse?: null; renewRequest?: null; renewResponse?: null; macAnnounce?: null; macUpdate?: null; revocationList?: null; linkOrder?: null; linkReport?: null; ruleOrder?: null; pinList?: null; echo?: null; echoReply?: null; acknowledge?: null; hostReport?: null; matrixOrder?: null; matrixReport?: null; clockRequest: vnet.ClockRequest.$Shape; clockReply?: null; guestNames?: null; linkMeasures?: null; probeOrder?: null; probeResult?: null; pathCheck?: null; pathCheckReply?: null; pathRules?: null }|{ body?: "clockReply"; hello?: null; goodbye?: null; joinRequest?: null; joinResponse?: null; renewRequest?: null; renewResponse?: null; macAnnounce?: null; macUpdate?: null; revocationList?: null; linkOrder?: null; linkReport?: null; ruleOrder?: null; pinList?: null; echo?: null; echoReply?: null; acknowledge?: null; hostReport?: null; matrixOrder?: null; matrixReport?: null; clockRequest?: null; clockReply: vnet.ClockReply.$Shape; guestNames?: null; linkMeasures?: null; probeOrder?: null; probeResult?: null; pathCheck?: null; pathCheckReply?: null; pathRules?: null }|{ body?: "guestNames"; hello?: null; goodbye?: null; joinRequest?: null; joinResponse?: null; renewRequest?: null; renewResponse?: null; macAnnounce?: null; macUpdate?: null; revocationList?: null; linkOrder?: null; linkReport?: null; ruleOrder?: null; pinList?: null; echo?: null; echoReply?: null; acknowledge?: null; hostReport?: null; matrixOrder?: null; matrixReport?: null; clockRequest?: null; clockReply?: null; guestNames: vnet.GuestNames.$Shape; linkMeasures?: null; probeOrder?: null; probeResult?: null; pathCheck?: null; pathCheckReply?: null; pathRules?: null }|{ body?: "linkMeasures"; hello?: null; goodbye?: null; joinRequest?: null; joinResponse?: null; renewRequest?: null; renewResponse?: null; macAnnounce?: null; macUpdate?: null; revocationList?: null; linkOrder?: null; linkReport?: null; ruleOrder?: null; pinList?: null; echo?: null; echoReply?: null; acknowledge?: null; hostReport?: null; matrixOrder?: null; matrixReport?: null; clockRequest?: null; clockReply?: null; guestNames?: null; linkMeasures: vnet.LinkMeasures.$Shape; probeOrder?: null; probeResult?: null; pathCheck?: null; pathCheckReply?: null; pathRules?: null }|{ body?: "probeOrder"; hello?: null; goodbye?: null; joinRequest?: null; joinResponse?: null; renewRequest?: null; renewResponse?: null; macAnnounce?: null; macUpdate?: null; revocationList?: null; linkOrder?: null; linkReport?: null; ruleOrder?: null; pinList?: null; echo?: null; echoReply?: null; acknowledge?: null; hostReport?: null; matrixOrder?: null; matrixReport?: null; clockRequest?: null; clockReply?: null; guestNames?: null; linkMeasures?: null; probeOrder: vnet.ProbeOrder.$Shape; probeResult?: null; pathCheck?: null; pathCheckReply?: null; pathRules?: null }|{ body?: "probeResult"; hello?: null; goodbye?: null; joinRequest?: null; joinResponse?: null; renewRequest?: null; renewResponse?: null; macAnnounce?: null; macUpdate?: null; revocationList?: null; linkOrder?: null; linkReport?: null; ruleOrder?: null; pinList?: null; echo?: null; echoReply?: null; acknowledge?: null; hostReport?: null; matrixOrder?: null; matrixReport?: null; clockRequest?: null; clockReply?: null; guestNames?: null; linkMeasures?: null; probeOrder?: null; probeResult: vnet.ProbeResult.$Shape; pathCheck?: null; pathCheckReply?: null; pathRules?: null }|{ body?: "pathCheck"; hello?: null; goodbye?: null; joinRequest?: null; joinResponse?: null; renewRequest?: null; renewResponse?: null; macAnnounce?: null; macUpdate?: null; revocationList?: null; linkOrder?: null; linkReport?: null; ruleOrder?: null; pinList?: null; echo?: null; echoReply?: null; acknowledge?: null; hostReport?: null; matrixOrder?: null; matrixReport?: null; clockRequest?: null; clockReply?: null; guestNames?: null; linkMeasures?: null; probeOrder?: null; probeResult?: null; pathCheck: vnet.PathCheck.$Shape; pathCheckReply?: null; pathRules?: null }|{ body?: "pathCheckReply"; hello?: null; goodbye?: null; joinRequest?: null; joinResponse?: null; renewRequest?: null; renewResponse?: null; macAnnounce?: null; macUpdate?: null; revocationList?: null; linkOrder?: null; linkReport?: null; ruleOrder?: null; pinList?: null; echo?: null; echoReply?: null; acknowledge?: null; hostReport?: null; matrixOrder?: null; matrixReport?: null; clockRequest?: null; clockReply?: null; guestNames?: null; linkMeasures?: null; probeOrder?: null; probeResult?: null; pathCheck?: null; pathCheckReply: vnet.PathCheckReply.$Shape; pathRules?: null }|{ body?: "pathRules"; hello?: null; goodbye?: null; joinRequest?: null; joinResponse?: null; renewRequest?: null; renewResponse?: null; macAnnounce?: null; macUpdate?: null; revocationList?: null; linkOrder?: null; linkReport?: null; ruleOrder?: null; pinList?: null; echo?: null; echoReply?: null; acknowledge?: null; hostReport?: null; matrixOrder?: null; matrixReport?: null; clockRequest?: null; clockReply?: null; guestNames?: null; linkMeasures?: null; probeOrder?: null; probeResult?: null; pathCheck?: null; pathCheckReply?: null; pathRules: vnet.PathRules.$Shape })
        );
    }

    /**
     * Properties of a Hello.
     * @deprecated Use vnet.Hello.$Properties instead.
     */
    interface IHello extends vnet.Hello.$Properties {
    }

    /** Represents a Hello. */
    class Hello {

        /**
         * Constructs a new Hello.
         * @param [properties] Properties to set
         */
        constructor(properties?: vnet.Hello.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Hello versionMajor. */
        versionMajor: number;

        /** Hello versionMinor. */
        versionMinor: number;

        /** Hello name. */
        name: string;

        /** Hello role. */
        role: string;

        /** Hello software. */
        software: string;

        /** Hello instance. */
        instance: string;

        /** Hello wallClockMs. */
        wallClockMs: number;

        /** Hello endpoints. */
        endpoints: vnet.Endpoint.$Properties[];

        /** Hello linkRole. */
        linkRole: string;

        /** Hello linkOrderId. */
        linkOrderId: string;

        /**
         * Encodes the specified Hello message. Does not implicitly {@link vnet.Hello.verify|verify} messages.
         * @param message Hello message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: vnet.Hello.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a Hello message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {vnet.Hello & vnet.Hello.$Shape} Hello
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): vnet.Hello & vnet.Hello.$Shape;
    }

    namespace Hello {

        /** Properties of a Hello. */
        interface $Properties {

            /** Hello versionMajor */
            versionMajor?: (number|null);

            /** Hello versionMinor */
            versionMinor?: (number|null);

            /** Hello name */
            name?: (string|null);

            /** Hello role */
            role?: (string|null);

            /** Hello software */
            software?: (string|null);

            /** Hello instance */
            instance?: (string|null);

            /** Hello wallClockMs */
            wallClockMs?: (number|null);

            /** Hello endpoints */
            endpoints?: (vnet.Endpoint.$Properties[]|null);

            /** Hello linkRole */
            linkRole?: (string|null);

            /** Hello linkOrderId */
            linkOrderId?: (string|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a Hello. */
        type $Shape = vnet.Hello.$Properties;
    }

    /**
     * Properties of an Endpoint.
     * @deprecated Use vnet.Endpoint.$Properties instead.
     */
    interface IEndpoint extends vnet.Endpoint.$Properties {
    }

    /** Represents an Endpoint. */
    class Endpoint {

        /**
         * Constructs a new Endpoint.
         * @param [properties] Properties to set
         */
        constructor(properties?: vnet.Endpoint.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Endpoint address. */
        address: string;

        /** Endpoint port. */
        port: number;

        /**
         * Encodes the specified Endpoint message. Does not implicitly {@link vnet.Endpoint.verify|verify} messages.
         * @param message Endpoint message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: vnet.Endpoint.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes an Endpoint message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {vnet.Endpoint & vnet.Endpoint.$Shape} Endpoint
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): vnet.Endpoint & vnet.Endpoint.$Shape;
    }

    namespace Endpoint {

        /** Properties of an Endpoint. */
        interface $Properties {

            /** Endpoint address */
            address?: (string|null);

            /** Endpoint port */
            port?: (number|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of an Endpoint. */
        type $Shape = vnet.Endpoint.$Properties;
    }

    /**
     * Properties of a Goodbye.
     * @deprecated Use vnet.Goodbye.$Properties instead.
     */
    interface IGoodbye extends vnet.Goodbye.$Properties {
    }

    /** Represents a Goodbye. */
    class Goodbye {

        /**
         * Constructs a new Goodbye.
         * @param [properties] Properties to set
         */
        constructor(properties?: vnet.Goodbye.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Goodbye code. */
        code: string;

        /** Goodbye reason. */
        reason: string;

        /**
         * Encodes the specified Goodbye message. Does not implicitly {@link vnet.Goodbye.verify|verify} messages.
         * @param message Goodbye message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: vnet.Goodbye.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a Goodbye message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {vnet.Goodbye & vnet.Goodbye.$Shape} Goodbye
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): vnet.Goodbye & vnet.Goodbye.$Shape;
    }

    namespace Goodbye {

        /** Properties of a Goodbye. */
        interface $Properties {

            /** Goodbye code */
            code?: (string|null);

            /** Goodbye reason */
            reason?: (string|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a Goodbye. */
        type $Shape = vnet.Goodbye.$Properties;
    }

    /**
     * Properties of a JoinRequest.
     * @deprecated Use vnet.JoinRequest.$Properties instead.
     */
    interface IJoinRequest extends vnet.JoinRequest.$Properties {
    }

    /** Represents a JoinRequest. */
    class JoinRequest {

        /**
         * Constructs a new JoinRequest.
         * @param [properties] Properties to set
         */
        constructor(properties?: vnet.JoinRequest.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** JoinRequest tokenSecret. */
        tokenSecret: string;

        /** JoinRequest name. */
        name: string;

        /** JoinRequest csrDer. */
        csrDer: Uint8Array;

        /**
         * Encodes the specified JoinRequest message. Does not implicitly {@link vnet.JoinRequest.verify|verify} messages.
         * @param message JoinRequest message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: vnet.JoinRequest.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a JoinRequest message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {vnet.JoinRequest & vnet.JoinRequest.$Shape} JoinRequest
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): vnet.JoinRequest & vnet.JoinRequest.$Shape;
    }

    namespace JoinRequest {

        /** Properties of a JoinRequest. */
        interface $Properties {

            /** JoinRequest tokenSecret */
            tokenSecret?: (string|null);

            /** JoinRequest name */
            name?: (string|null);

            /** JoinRequest csrDer */
            csrDer?: (Uint8Array|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a JoinRequest. */
        type $Shape = vnet.JoinRequest.$Properties;
    }

    /**
     * Properties of a JoinResponse.
     * @deprecated Use vnet.JoinResponse.$Properties instead.
     */
    interface IJoinResponse extends vnet.JoinResponse.$Properties {
    }

    /** Represents a JoinResponse. */
    class JoinResponse {

        /**
         * Constructs a new JoinResponse.
         * @param [properties] Properties to set
         */
        constructor(properties?: vnet.JoinResponse.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** JoinResponse errorCode. */
        errorCode: string;

        /** JoinResponse error. */
        error: string;

        /** JoinResponse certificatePem. */
        certificatePem: string;

        /** JoinResponse caPem. */
        caPem: string;

        /** JoinResponse proxyName. */
        proxyName: string;

        /** JoinResponse network. */
        network: string;

        /**
         * Encodes the specified JoinResponse message. Does not implicitly {@link vnet.JoinResponse.verify|verify} messages.
         * @param message JoinResponse message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: vnet.JoinResponse.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a JoinResponse message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {vnet.JoinResponse & vnet.JoinResponse.$Shape} JoinResponse
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): vnet.JoinResponse & vnet.JoinResponse.$Shape;
    }

    namespace JoinResponse {

        /** Properties of a JoinResponse. */
        interface $Properties {

            /** JoinResponse errorCode */
            errorCode?: (string|null);

            /** JoinResponse error */
            error?: (string|null);

            /** JoinResponse certificatePem */
            certificatePem?: (string|null);

            /** JoinResponse caPem */
            caPem?: (string|null);

            /** JoinResponse proxyName */
            proxyName?: (string|null);

            /** JoinResponse network */
            network?: (string|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a JoinResponse. */
        type $Shape = vnet.JoinResponse.$Properties;
    }

    /**
     * Properties of a RenewRequest.
     * @deprecated Use vnet.RenewRequest.$Properties instead.
     */
    interface IRenewRequest extends vnet.RenewRequest.$Properties {
    }

    /** Represents a RenewRequest. */
    class RenewRequest {

        /**
         * Constructs a new RenewRequest.
         * @param [properties] Properties to set
         */
        constructor(properties?: vnet.RenewRequest.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** RenewRequest csrDer. */
        csrDer: Uint8Array;

        /**
         * Encodes the specified RenewRequest message. Does not implicitly {@link vnet.RenewRequest.verify|verify} messages.
         * @param message RenewRequest message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: vnet.RenewRequest.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a RenewRequest message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {vnet.RenewRequest & vnet.RenewRequest.$Shape} RenewRequest
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): vnet.RenewRequest & vnet.RenewRequest.$Shape;
    }

    namespace RenewRequest {

        /** Properties of a RenewRequest. */
        interface $Properties {

            /** RenewRequest csrDer */
            csrDer?: (Uint8Array|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a RenewRequest. */
        type $Shape = vnet.RenewRequest.$Properties;
    }

    /**
     * Properties of a RenewResponse.
     * @deprecated Use vnet.RenewResponse.$Properties instead.
     */
    interface IRenewResponse extends vnet.RenewResponse.$Properties {
    }

    /** Represents a RenewResponse. */
    class RenewResponse {

        /**
         * Constructs a new RenewResponse.
         * @param [properties] Properties to set
         */
        constructor(properties?: vnet.RenewResponse.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** RenewResponse errorCode. */
        errorCode: string;

        /** RenewResponse error. */
        error: string;

        /** RenewResponse certificatePem. */
        certificatePem: string;

        /** RenewResponse caPem. */
        caPem: string;

        /**
         * Encodes the specified RenewResponse message. Does not implicitly {@link vnet.RenewResponse.verify|verify} messages.
         * @param message RenewResponse message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: vnet.RenewResponse.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a RenewResponse message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {vnet.RenewResponse & vnet.RenewResponse.$Shape} RenewResponse
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): vnet.RenewResponse & vnet.RenewResponse.$Shape;
    }

    namespace RenewResponse {

        /** Properties of a RenewResponse. */
        interface $Properties {

            /** RenewResponse errorCode */
            errorCode?: (string|null);

            /** RenewResponse error */
            error?: (string|null);

            /** RenewResponse certificatePem */
            certificatePem?: (string|null);

            /** RenewResponse caPem */
            caPem?: (string|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a RenewResponse. */
        type $Shape = vnet.RenewResponse.$Properties;
    }

    /**
     * Properties of a MacAnnounce.
     * @deprecated Use vnet.MacAnnounce.$Properties instead.
     */
    interface IMacAnnounce extends vnet.MacAnnounce.$Properties {
    }

    /** Represents a MacAnnounce. */
    class MacAnnounce {

        /**
         * Constructs a new MacAnnounce.
         * @param [properties] Properties to set
         */
        constructor(properties?: vnet.MacAnnounce.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** MacAnnounce sequence. */
        sequence: number;

        /** MacAnnounce isFull. */
        isFull: boolean;

        /** MacAnnounce added. */
        added: Uint8Array[];

        /** MacAnnounce removed. */
        removed: Uint8Array[];

        /**
         * Encodes the specified MacAnnounce message. Does not implicitly {@link vnet.MacAnnounce.verify|verify} messages.
         * @param message MacAnnounce message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: vnet.MacAnnounce.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a MacAnnounce message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {vnet.MacAnnounce & vnet.MacAnnounce.$Shape} MacAnnounce
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): vnet.MacAnnounce & vnet.MacAnnounce.$Shape;
    }

    namespace MacAnnounce {

        /** Properties of a MacAnnounce. */
        interface $Properties {

            /** MacAnnounce sequence */
            sequence?: (number|null);

            /** MacAnnounce isFull */
            isFull?: (boolean|null);

            /** MacAnnounce added */
            added?: (Uint8Array[]|null);

            /** MacAnnounce removed */
            removed?: (Uint8Array[]|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a MacAnnounce. */
        type $Shape = vnet.MacAnnounce.$Properties;
    }

    /**
     * Properties of a MacUpdate.
     * @deprecated Use vnet.MacUpdate.$Properties instead.
     */
    interface IMacUpdate extends vnet.MacUpdate.$Properties {
    }

    /** Represents a MacUpdate. */
    class MacUpdate {

        /**
         * Constructs a new MacUpdate.
         * @param [properties] Properties to set
         */
        constructor(properties?: vnet.MacUpdate.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** MacUpdate sequence. */
        sequence: number;

        /** MacUpdate movedAway. */
        movedAway: Uint8Array[];

        /**
         * Encodes the specified MacUpdate message. Does not implicitly {@link vnet.MacUpdate.verify|verify} messages.
         * @param message MacUpdate message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: vnet.MacUpdate.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a MacUpdate message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {vnet.MacUpdate & vnet.MacUpdate.$Shape} MacUpdate
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): vnet.MacUpdate & vnet.MacUpdate.$Shape;
    }

    namespace MacUpdate {

        /** Properties of a MacUpdate. */
        interface $Properties {

            /** MacUpdate sequence */
            sequence?: (number|null);

            /** MacUpdate movedAway */
            movedAway?: (Uint8Array[]|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a MacUpdate. */
        type $Shape = vnet.MacUpdate.$Properties;
    }

    /**
     * Properties of a RevocationList.
     * @deprecated Use vnet.RevocationList.$Properties instead.
     */
    interface IRevocationList extends vnet.RevocationList.$Properties {
    }

    /** Represents a RevocationList. */
    class RevocationList {

        /**
         * Constructs a new RevocationList.
         * @param [properties] Properties to set
         */
        constructor(properties?: vnet.RevocationList.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** RevocationList sequence. */
        sequence: number;

        /** RevocationList publicKeySha256. */
        publicKeySha256: string[];

        /**
         * Encodes the specified RevocationList message. Does not implicitly {@link vnet.RevocationList.verify|verify} messages.
         * @param message RevocationList message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: vnet.RevocationList.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a RevocationList message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {vnet.RevocationList & vnet.RevocationList.$Shape} RevocationList
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): vnet.RevocationList & vnet.RevocationList.$Shape;
    }

    namespace RevocationList {

        /** Properties of a RevocationList. */
        interface $Properties {

            /** RevocationList sequence */
            sequence?: (number|null);

            /** RevocationList publicKeySha256 */
            publicKeySha256?: (string[]|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a RevocationList. */
        type $Shape = vnet.RevocationList.$Properties;
    }

    /**
     * Properties of a LinkOrder.
     * @deprecated Use vnet.LinkOrder.$Properties instead.
     */
    interface ILinkOrder extends vnet.LinkOrder.$Properties {
    }

    /** Represents a LinkOrder. */
    class LinkOrder {

        /**
         * Constructs a new LinkOrder.
         * @param [properties] Properties to set
         */
        constructor(properties?: vnet.LinkOrder.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** LinkOrder orderId. */
        orderId: string;

        /** LinkOrder peer. */
        peer: string;

        /** LinkOrder isRemoved. */
        isRemoved: boolean;

        /** LinkOrder dial. */
        dial: boolean;

        /** LinkOrder endpoints. */
        endpoints: vnet.Endpoint.$Properties[];

        /** LinkOrder peerPublicKeySha256. */
        peerPublicKeySha256: string;

        /** LinkOrder transport. */
        transport: string;

        /**
         * Encodes the specified LinkOrder message. Does not implicitly {@link vnet.LinkOrder.verify|verify} messages.
         * @param message LinkOrder message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: vnet.LinkOrder.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a LinkOrder message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {vnet.LinkOrder & vnet.LinkOrder.$Shape} LinkOrder
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): vnet.LinkOrder & vnet.LinkOrder.$Shape;
    }

    namespace LinkOrder {

        /** Properties of a LinkOrder. */
        interface $Properties {

            /** LinkOrder orderId */
            orderId?: (string|null);

            /** LinkOrder peer */
            peer?: (string|null);

            /** LinkOrder isRemoved */
            isRemoved?: (boolean|null);

            /** LinkOrder dial */
            dial?: (boolean|null);

            /** LinkOrder endpoints */
            endpoints?: (vnet.Endpoint.$Properties[]|null);

            /** LinkOrder peerPublicKeySha256 */
            peerPublicKeySha256?: (string|null);

            /** LinkOrder transport */
            transport?: (string|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a LinkOrder. */
        type $Shape = vnet.LinkOrder.$Properties;
    }

    /**
     * Properties of a LinkReport.
     * @deprecated Use vnet.LinkReport.$Properties instead.
     */
    interface ILinkReport extends vnet.LinkReport.$Properties {
    }

    /** Represents a LinkReport. */
    class LinkReport {

        /**
         * Constructs a new LinkReport.
         * @param [properties] Properties to set
         */
        constructor(properties?: vnet.LinkReport.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** LinkReport orderId. */
        orderId: string;

        /** LinkReport peer. */
        peer: string;

        /** LinkReport state. */
        state: string;

        /** LinkReport reason. */
        reason: string;

        /**
         * Encodes the specified LinkReport message. Does not implicitly {@link vnet.LinkReport.verify|verify} messages.
         * @param message LinkReport message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: vnet.LinkReport.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a LinkReport message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {vnet.LinkReport & vnet.LinkReport.$Shape} LinkReport
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): vnet.LinkReport & vnet.LinkReport.$Shape;
    }

    namespace LinkReport {

        /** Properties of a LinkReport. */
        interface $Properties {

            /** LinkReport orderId */
            orderId?: (string|null);

            /** LinkReport peer */
            peer?: (string|null);

            /** LinkReport state */
            state?: (string|null);

            /** LinkReport reason */
            reason?: (string|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a LinkReport. */
        type $Shape = vnet.LinkReport.$Properties;
    }

    /**
     * Properties of a RuleOrder.
     * @deprecated Use vnet.RuleOrder.$Properties instead.
     */
    interface IRuleOrder extends vnet.RuleOrder.$Properties {
    }

    /** Represents a RuleOrder. */
    class RuleOrder {

        /**
         * Constructs a new RuleOrder.
         * @param [properties] Properties to set
         */
        constructor(properties?: vnet.RuleOrder.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** RuleOrder isRemoved. */
        isRemoved: boolean;

        /** RuleOrder destination. */
        destination: Uint8Array;

        /** RuleOrder source. */
        source: Uint8Array;

        /** RuleOrder viaPeer. */
        viaPeer: string;

        /** RuleOrder viaPort. */
        viaPort: string;

        /** RuleOrder isTransit. */
        isTransit: boolean;

        /**
         * Encodes the specified RuleOrder message. Does not implicitly {@link vnet.RuleOrder.verify|verify} messages.
         * @param message RuleOrder message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: vnet.RuleOrder.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a RuleOrder message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {vnet.RuleOrder & vnet.RuleOrder.$Shape} RuleOrder
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): vnet.RuleOrder & vnet.RuleOrder.$Shape;
    }

    namespace RuleOrder {

        /** Properties of a RuleOrder. */
        interface $Properties {

            /** RuleOrder isRemoved */
            isRemoved?: (boolean|null);

            /** RuleOrder destination */
            destination?: (Uint8Array|null);

            /** RuleOrder source */
            source?: (Uint8Array|null);

            /** RuleOrder viaPeer */
            viaPeer?: (string|null);

            /** RuleOrder viaPort */
            viaPort?: (string|null);

            /** RuleOrder isTransit */
            isTransit?: (boolean|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a RuleOrder. */
        type $Shape = vnet.RuleOrder.$Properties;
    }

    /**
     * Properties of a PinList.
     * @deprecated Use vnet.PinList.$Properties instead.
     */
    interface IPinList extends vnet.PinList.$Properties {
    }

    /** Represents a PinList. */
    class PinList {

        /**
         * Constructs a new PinList.
         * @param [properties] Properties to set
         */
        constructor(properties?: vnet.PinList.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** PinList sequence. */
        sequence: number;

        /** PinList pins. */
        pins: vnet.Pin.$Properties[];

        /**
         * Encodes the specified PinList message. Does not implicitly {@link vnet.PinList.verify|verify} messages.
         * @param message PinList message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: vnet.PinList.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a PinList message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {vnet.PinList & vnet.PinList.$Shape} PinList
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): vnet.PinList & vnet.PinList.$Shape;
    }

    namespace PinList {

        /** Properties of a PinList. */
        interface $Properties {

            /** PinList sequence */
            sequence?: (number|null);

            /** PinList pins */
            pins?: (vnet.Pin.$Properties[]|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a PinList. */
        type $Shape = vnet.PinList.$Properties;
    }

    /**
     * Properties of a Pin.
     * @deprecated Use vnet.Pin.$Properties instead.
     */
    interface IPin extends vnet.Pin.$Properties {
    }

    /** Represents a Pin. */
    class Pin {

        /**
         * Constructs a new Pin.
         * @param [properties] Properties to set
         */
        constructor(properties?: vnet.Pin.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Pin mac. */
        mac: Uint8Array;

        /** Pin host. */
        host: string;

        /**
         * Encodes the specified Pin message. Does not implicitly {@link vnet.Pin.verify|verify} messages.
         * @param message Pin message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: vnet.Pin.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a Pin message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {vnet.Pin & vnet.Pin.$Shape} Pin
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): vnet.Pin & vnet.Pin.$Shape;
    }

    namespace Pin {

        /** Properties of a Pin. */
        interface $Properties {

            /** Pin mac */
            mac?: (Uint8Array|null);

            /** Pin host */
            host?: (string|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a Pin. */
        type $Shape = vnet.Pin.$Properties;
    }

    /**
     * Properties of an Echo.
     * @deprecated Use vnet.Echo.$Properties instead.
     */
    interface IEcho extends vnet.Echo.$Properties {
    }

    /** Represents an Echo. */
    class Echo {

        /**
         * Constructs a new Echo.
         * @param [properties] Properties to set
         */
        constructor(properties?: vnet.Echo.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Echo from. */
        from: string;

        /** Echo to. */
        to: string;

        /** Echo sequence. */
        sequence: number;

        /** Echo payload. */
        payload: Uint8Array;

        /**
         * Encodes the specified Echo message. Does not implicitly {@link vnet.Echo.verify|verify} messages.
         * @param message Echo message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: vnet.Echo.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes an Echo message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {vnet.Echo & vnet.Echo.$Shape} Echo
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): vnet.Echo & vnet.Echo.$Shape;
    }

    namespace Echo {

        /** Properties of an Echo. */
        interface $Properties {

            /** Echo from */
            from?: (string|null);

            /** Echo to */
            to?: (string|null);

            /** Echo sequence */
            sequence?: (number|null);

            /** Echo payload */
            payload?: (Uint8Array|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of an Echo. */
        type $Shape = vnet.Echo.$Properties;
    }

    /**
     * Properties of an EchoReply.
     * @deprecated Use vnet.EchoReply.$Properties instead.
     */
    interface IEchoReply extends vnet.EchoReply.$Properties {
    }

    /** Represents an EchoReply. */
    class EchoReply {

        /**
         * Constructs a new EchoReply.
         * @param [properties] Properties to set
         */
        constructor(properties?: vnet.EchoReply.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** EchoReply from. */
        from: string;

        /** EchoReply to. */
        to: string;

        /** EchoReply sequence. */
        sequence: number;

        /** EchoReply payload. */
        payload: Uint8Array;

        /** EchoReply error. */
        error: string;

        /**
         * Encodes the specified EchoReply message. Does not implicitly {@link vnet.EchoReply.verify|verify} messages.
         * @param message EchoReply message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: vnet.EchoReply.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes an EchoReply message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {vnet.EchoReply & vnet.EchoReply.$Shape} EchoReply
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): vnet.EchoReply & vnet.EchoReply.$Shape;
    }

    namespace EchoReply {

        /** Properties of an EchoReply. */
        interface $Properties {

            /** EchoReply from */
            from?: (string|null);

            /** EchoReply to */
            to?: (string|null);

            /** EchoReply sequence */
            sequence?: (number|null);

            /** EchoReply payload */
            payload?: (Uint8Array|null);

            /** EchoReply error */
            error?: (string|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of an EchoReply. */
        type $Shape = vnet.EchoReply.$Properties;
    }

    /**
     * Properties of an Acknowledge.
     * @deprecated Use vnet.Acknowledge.$Properties instead.
     */
    interface IAcknowledge extends vnet.Acknowledge.$Properties {
    }

    /** Represents an Acknowledge. */
    class Acknowledge {

        /**
         * Constructs a new Acknowledge.
         * @param [properties] Properties to set
         */
        constructor(properties?: vnet.Acknowledge.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Acknowledge errorCode. */
        errorCode: string;

        /** Acknowledge error. */
        error: string;

        /**
         * Encodes the specified Acknowledge message. Does not implicitly {@link vnet.Acknowledge.verify|verify} messages.
         * @param message Acknowledge message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: vnet.Acknowledge.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes an Acknowledge message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {vnet.Acknowledge & vnet.Acknowledge.$Shape} Acknowledge
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): vnet.Acknowledge & vnet.Acknowledge.$Shape;
    }

    namespace Acknowledge {

        /** Properties of an Acknowledge. */
        interface $Properties {

            /** Acknowledge errorCode */
            errorCode?: (string|null);

            /** Acknowledge error */
            error?: (string|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of an Acknowledge. */
        type $Shape = vnet.Acknowledge.$Properties;
    }

    /**
     * Properties of a HostReport.
     * @deprecated Use vnet.HostReport.$Properties instead.
     */
    interface IHostReport extends vnet.HostReport.$Properties {
    }

    /** Represents a HostReport. */
    class HostReport {

        /**
         * Constructs a new HostReport.
         * @param [properties] Properties to set
         */
        constructor(properties?: vnet.HostReport.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** HostReport ports. */
        ports: number;

        /** HostReport macs. */
        macs: number;

        /** HostReport links. */
        links: number;

        /** HostReport rxFrames. */
        rxFrames: number;

        /** HostReport rxBytes. */
        rxBytes: number;

        /** HostReport txFrames. */
        txFrames: number;

        /** HostReport txBytes. */
        txBytes: number;

        /** HostReport drops. */
        drops: number;

        /** HostReport rssBytes. */
        rssBytes: number;

        /** HostReport certificateNotAfterMs. */
        certificateNotAfterMs: number;

        /**
         * Encodes the specified HostReport message. Does not implicitly {@link vnet.HostReport.verify|verify} messages.
         * @param message HostReport message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: vnet.HostReport.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a HostReport message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {vnet.HostReport & vnet.HostReport.$Shape} HostReport
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): vnet.HostReport & vnet.HostReport.$Shape;
    }

    namespace HostReport {

        /** Properties of a HostReport. */
        interface $Properties {

            /** HostReport ports */
            ports?: (number|null);

            /** HostReport macs */
            macs?: (number|null);

            /** HostReport links */
            links?: (number|null);

            /** HostReport rxFrames */
            rxFrames?: (number|null);

            /** HostReport rxBytes */
            rxBytes?: (number|null);

            /** HostReport txFrames */
            txFrames?: (number|null);

            /** HostReport txBytes */
            txBytes?: (number|null);

            /** HostReport drops */
            drops?: (number|null);

            /** HostReport rssBytes */
            rssBytes?: (number|null);

            /** HostReport certificateNotAfterMs */
            certificateNotAfterMs?: (number|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a HostReport. */
        type $Shape = vnet.HostReport.$Properties;
    }

    /**
     * Properties of a MatrixOrder.
     * @deprecated Use vnet.MatrixOrder.$Properties instead.
     */
    interface IMatrixOrder extends vnet.MatrixOrder.$Properties {
    }

    /** Represents a MatrixOrder. */
    class MatrixOrder {

        /**
         * Constructs a new MatrixOrder.
         * @param [properties] Properties to set
         */
        constructor(properties?: vnet.MatrixOrder.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** MatrixOrder updateIntervalMs. */
        updateIntervalMs: number;

        /**
         * Encodes the specified MatrixOrder message. Does not implicitly {@link vnet.MatrixOrder.verify|verify} messages.
         * @param message MatrixOrder message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: vnet.MatrixOrder.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a MatrixOrder message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {vnet.MatrixOrder & vnet.MatrixOrder.$Shape} MatrixOrder
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): vnet.MatrixOrder & vnet.MatrixOrder.$Shape;
    }

    namespace MatrixOrder {

        /** Properties of a MatrixOrder. */
        interface $Properties {

            /** MatrixOrder updateIntervalMs */
            updateIntervalMs?: (number|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a MatrixOrder. */
        type $Shape = vnet.MatrixOrder.$Properties;
    }

    /**
     * Properties of a MatrixReport.
     * @deprecated Use vnet.MatrixReport.$Properties instead.
     */
    interface IMatrixReport extends vnet.MatrixReport.$Properties {
    }

    /** Represents a MatrixReport. */
    class MatrixReport {

        /**
         * Constructs a new MatrixReport.
         * @param [properties] Properties to set
         */
        constructor(properties?: vnet.MatrixReport.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** MatrixReport sequence. */
        sequence: number;

        /** MatrixReport fromMs. */
        fromMs: number;

        /** MatrixReport toMs. */
        toMs: number;

        /** MatrixReport part. */
        part: number;

        /** MatrixReport parts. */
        parts: number;

        /** MatrixReport guests. */
        guests: Uint8Array;

        /** MatrixReport source. */
        source: Uint8Array;

        /** MatrixReport destination. */
        destination: Uint8Array;

        /** MatrixReport bytes. */
        bytes: Uint8Array;

        /** MatrixReport frames. */
        frames: Uint8Array;

        /** MatrixReport droppedFrames. */
        droppedFrames: Uint8Array;

        /**
         * Encodes the specified MatrixReport message. Does not implicitly {@link vnet.MatrixReport.verify|verify} messages.
         * @param message MatrixReport message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: vnet.MatrixReport.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a MatrixReport message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {vnet.MatrixReport & vnet.MatrixReport.$Shape} MatrixReport
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): vnet.MatrixReport & vnet.MatrixReport.$Shape;
    }

    namespace MatrixReport {

        /** Properties of a MatrixReport. */
        interface $Properties {

            /** MatrixReport sequence */
            sequence?: (number|null);

            /** MatrixReport fromMs */
            fromMs?: (number|null);

            /** MatrixReport toMs */
            toMs?: (number|null);

            /** MatrixReport part */
            part?: (number|null);

            /** MatrixReport parts */
            parts?: (number|null);

            /** MatrixReport guests */
            guests?: (Uint8Array|null);

            /** MatrixReport source */
            source?: (Uint8Array|null);

            /** MatrixReport destination */
            destination?: (Uint8Array|null);

            /** MatrixReport bytes */
            bytes?: (Uint8Array|null);

            /** MatrixReport frames */
            frames?: (Uint8Array|null);

            /** MatrixReport droppedFrames */
            droppedFrames?: (Uint8Array|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a MatrixReport. */
        type $Shape = vnet.MatrixReport.$Properties;
    }

    /**
     * Properties of a ClockRequest.
     * @deprecated Use vnet.ClockRequest.$Properties instead.
     */
    interface IClockRequest extends vnet.ClockRequest.$Properties {
    }

    /** Represents a ClockRequest. */
    class ClockRequest {

        /**
         * Constructs a new ClockRequest.
         * @param [properties] Properties to set
         */
        constructor(properties?: vnet.ClockRequest.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /**
         * Encodes the specified ClockRequest message. Does not implicitly {@link vnet.ClockRequest.verify|verify} messages.
         * @param message ClockRequest message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: vnet.ClockRequest.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a ClockRequest message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {vnet.ClockRequest & vnet.ClockRequest.$Shape} ClockRequest
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): vnet.ClockRequest & vnet.ClockRequest.$Shape;
    }

    namespace ClockRequest {

        /** Properties of a ClockRequest. */
        interface $Properties {

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a ClockRequest. */
        type $Shape = vnet.ClockRequest.$Properties;
    }

    /**
     * Properties of a ClockReply.
     * @deprecated Use vnet.ClockReply.$Properties instead.
     */
    interface IClockReply extends vnet.ClockReply.$Properties {
    }

    /** Represents a ClockReply. */
    class ClockReply {

        /**
         * Constructs a new ClockReply.
         * @param [properties] Properties to set
         */
        constructor(properties?: vnet.ClockReply.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** ClockReply clockUs. */
        clockUs: number;

        /**
         * Encodes the specified ClockReply message. Does not implicitly {@link vnet.ClockReply.verify|verify} messages.
         * @param message ClockReply message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: vnet.ClockReply.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a ClockReply message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {vnet.ClockReply & vnet.ClockReply.$Shape} ClockReply
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): vnet.ClockReply & vnet.ClockReply.$Shape;
    }

    namespace ClockReply {

        /** Properties of a ClockReply. */
        interface $Properties {

            /** ClockReply clockUs */
            clockUs?: (number|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a ClockReply. */
        type $Shape = vnet.ClockReply.$Properties;
    }

    /**
     * Properties of a GuestNames.
     * @deprecated Use vnet.GuestNames.$Properties instead.
     */
    interface IGuestNames extends vnet.GuestNames.$Properties {
    }

    /** Represents a GuestNames. */
    class GuestNames {

        /**
         * Constructs a new GuestNames.
         * @param [properties] Properties to set
         */
        constructor(properties?: vnet.GuestNames.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** GuestNames isFull. */
        isFull: boolean;

        /** GuestNames names. */
        names: vnet.GuestName.$Properties[];

        /**
         * Encodes the specified GuestNames message. Does not implicitly {@link vnet.GuestNames.verify|verify} messages.
         * @param message GuestNames message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: vnet.GuestNames.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a GuestNames message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {vnet.GuestNames & vnet.GuestNames.$Shape} GuestNames
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): vnet.GuestNames & vnet.GuestNames.$Shape;
    }

    namespace GuestNames {

        /** Properties of a GuestNames. */
        interface $Properties {

            /** GuestNames isFull */
            isFull?: (boolean|null);

            /** GuestNames names */
            names?: (vnet.GuestName.$Properties[]|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a GuestNames. */
        type $Shape = vnet.GuestNames.$Properties;
    }

    /**
     * Properties of a GuestName.
     * @deprecated Use vnet.GuestName.$Properties instead.
     */
    interface IGuestName extends vnet.GuestName.$Properties {
    }

    /** Represents a GuestName. */
    class GuestName {

        /**
         * Constructs a new GuestName.
         * @param [properties] Properties to set
         */
        constructor(properties?: vnet.GuestName.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** GuestName mac. */
        mac: Uint8Array;

        /** GuestName name. */
        name: string;

        /**
         * Encodes the specified GuestName message. Does not implicitly {@link vnet.GuestName.verify|verify} messages.
         * @param message GuestName message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: vnet.GuestName.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a GuestName message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {vnet.GuestName & vnet.GuestName.$Shape} GuestName
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): vnet.GuestName & vnet.GuestName.$Shape;
    }

    namespace GuestName {

        /** Properties of a GuestName. */
        interface $Properties {

            /** GuestName mac */
            mac?: (Uint8Array|null);

            /** GuestName name */
            name?: (string|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a GuestName. */
        type $Shape = vnet.GuestName.$Properties;
    }

    /**
     * Properties of a LinkMeasures.
     * @deprecated Use vnet.LinkMeasures.$Properties instead.
     */
    interface ILinkMeasures extends vnet.LinkMeasures.$Properties {
    }

    /** Represents a LinkMeasures. */
    class LinkMeasures {

        /**
         * Constructs a new LinkMeasures.
         * @param [properties] Properties to set
         */
        constructor(properties?: vnet.LinkMeasures.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** LinkMeasures receivedBytesPerSecond. */
        receivedBytesPerSecond: number;

        /** LinkMeasures links. */
        links: vnet.LinkMeasure.$Properties[];

        /**
         * Encodes the specified LinkMeasures message. Does not implicitly {@link vnet.LinkMeasures.verify|verify} messages.
         * @param message LinkMeasures message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: vnet.LinkMeasures.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a LinkMeasures message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {vnet.LinkMeasures & vnet.LinkMeasures.$Shape} LinkMeasures
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): vnet.LinkMeasures & vnet.LinkMeasures.$Shape;
    }

    namespace LinkMeasures {

        /** Properties of a LinkMeasures. */
        interface $Properties {

            /** LinkMeasures receivedBytesPerSecond */
            receivedBytesPerSecond?: (number|null);

            /** LinkMeasures links */
            links?: (vnet.LinkMeasure.$Properties[]|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a LinkMeasures. */
        type $Shape = vnet.LinkMeasures.$Properties;
    }

    /**
     * Properties of a LinkMeasure.
     * @deprecated Use vnet.LinkMeasure.$Properties instead.
     */
    interface ILinkMeasure extends vnet.LinkMeasure.$Properties {
    }

    /** Represents a LinkMeasure. */
    class LinkMeasure {

        /**
         * Constructs a new LinkMeasure.
         * @param [properties] Properties to set
         */
        constructor(properties?: vnet.LinkMeasure.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** LinkMeasure peer. */
        peer: string;

        /** LinkMeasure isStar. */
        isStar: boolean;

        /** LinkMeasure minRttUs. */
        minRttUs: number;

        /** LinkMeasure jitterUs. */
        jitterUs: number;

        /** LinkMeasure sentBytes. */
        sentBytes: number;

        /** LinkMeasure resentBytes. */
        resentBytes: number;

        /** LinkMeasure loadBytesPerSecond. */
        loadBytesPerSecond: number;

        /** LinkMeasure rateBytesPerSecond. */
        rateBytesPerSecond: number;

        /** LinkMeasure isSaturated. */
        isSaturated: boolean;

        /** LinkMeasure queueUs. */
        queueUs: number;

        /**
         * Encodes the specified LinkMeasure message. Does not implicitly {@link vnet.LinkMeasure.verify|verify} messages.
         * @param message LinkMeasure message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: vnet.LinkMeasure.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a LinkMeasure message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {vnet.LinkMeasure & vnet.LinkMeasure.$Shape} LinkMeasure
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): vnet.LinkMeasure & vnet.LinkMeasure.$Shape;
    }

    namespace LinkMeasure {

        /** Properties of a LinkMeasure. */
        interface $Properties {

            /** LinkMeasure peer */
            peer?: (string|null);

            /** LinkMeasure isStar */
            isStar?: (boolean|null);

            /** LinkMeasure minRttUs */
            minRttUs?: (number|null);

            /** LinkMeasure jitterUs */
            jitterUs?: (number|null);

            /** LinkMeasure sentBytes */
            sentBytes?: (number|null);

            /** LinkMeasure resentBytes */
            resentBytes?: (number|null);

            /** LinkMeasure loadBytesPerSecond */
            loadBytesPerSecond?: (number|null);

            /** LinkMeasure rateBytesPerSecond */
            rateBytesPerSecond?: (number|null);

            /** LinkMeasure isSaturated */
            isSaturated?: (boolean|null);

            /** LinkMeasure queueUs */
            queueUs?: (number|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a LinkMeasure. */
        type $Shape = vnet.LinkMeasure.$Properties;
    }

    /**
     * Properties of a ProbeOrder.
     * @deprecated Use vnet.ProbeOrder.$Properties instead.
     */
    interface IProbeOrder extends vnet.ProbeOrder.$Properties {
    }

    /** Represents a ProbeOrder. */
    class ProbeOrder {

        /**
         * Constructs a new ProbeOrder.
         * @param [properties] Properties to set
         */
        constructor(properties?: vnet.ProbeOrder.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** ProbeOrder peer. */
        peer: string;

        /** ProbeOrder bytesMax. */
        bytesMax: number;

        /** ProbeOrder durationMaxMs. */
        durationMaxMs: number;

        /**
         * Encodes the specified ProbeOrder message. Does not implicitly {@link vnet.ProbeOrder.verify|verify} messages.
         * @param message ProbeOrder message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: vnet.ProbeOrder.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a ProbeOrder message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {vnet.ProbeOrder & vnet.ProbeOrder.$Shape} ProbeOrder
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): vnet.ProbeOrder & vnet.ProbeOrder.$Shape;
    }

    namespace ProbeOrder {

        /** Properties of a ProbeOrder. */
        interface $Properties {

            /** ProbeOrder peer */
            peer?: (string|null);

            /** ProbeOrder bytesMax */
            bytesMax?: (number|null);

            /** ProbeOrder durationMaxMs */
            durationMaxMs?: (number|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a ProbeOrder. */
        type $Shape = vnet.ProbeOrder.$Properties;
    }

    /**
     * Properties of a ProbeResult.
     * @deprecated Use vnet.ProbeResult.$Properties instead.
     */
    interface IProbeResult extends vnet.ProbeResult.$Properties {
    }

    /** Represents a ProbeResult. */
    class ProbeResult {

        /**
         * Constructs a new ProbeResult.
         * @param [properties] Properties to set
         */
        constructor(properties?: vnet.ProbeResult.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** ProbeResult errorCode. */
        errorCode: string;

        /** ProbeResult bytesPerSecond. */
        bytesPerSecond: number;

        /** ProbeResult isSaturated. */
        isSaturated: boolean;

        /** ProbeResult sentBytes. */
        sentBytes: number;

        /** ProbeResult durationMs. */
        durationMs: number;

        /**
         * Encodes the specified ProbeResult message. Does not implicitly {@link vnet.ProbeResult.verify|verify} messages.
         * @param message ProbeResult message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: vnet.ProbeResult.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a ProbeResult message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {vnet.ProbeResult & vnet.ProbeResult.$Shape} ProbeResult
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): vnet.ProbeResult & vnet.ProbeResult.$Shape;
    }

    namespace ProbeResult {

        /** Properties of a ProbeResult. */
        interface $Properties {

            /** ProbeResult errorCode */
            errorCode?: (string|null);

            /** ProbeResult bytesPerSecond */
            bytesPerSecond?: (number|null);

            /** ProbeResult isSaturated */
            isSaturated?: (boolean|null);

            /** ProbeResult sentBytes */
            sentBytes?: (number|null);

            /** ProbeResult durationMs */
            durationMs?: (number|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a ProbeResult. */
        type $Shape = vnet.ProbeResult.$Properties;
    }

    /**
     * Properties of a PathCheck.
     * @deprecated Use vnet.PathCheck.$Properties instead.
     */
    interface IPathCheck extends vnet.PathCheck.$Properties {
    }

    /** Represents a PathCheck. */
    class PathCheck {

        /**
         * Constructs a new PathCheck.
         * @param [properties] Properties to set
         */
        constructor(properties?: vnet.PathCheck.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** PathCheck payload. */
        payload: Uint8Array;

        /**
         * Encodes the specified PathCheck message. Does not implicitly {@link vnet.PathCheck.verify|verify} messages.
         * @param message PathCheck message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: vnet.PathCheck.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a PathCheck message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {vnet.PathCheck & vnet.PathCheck.$Shape} PathCheck
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): vnet.PathCheck & vnet.PathCheck.$Shape;
    }

    namespace PathCheck {

        /** Properties of a PathCheck. */
        interface $Properties {

            /** PathCheck payload */
            payload?: (Uint8Array|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a PathCheck. */
        type $Shape = vnet.PathCheck.$Properties;
    }

    /**
     * Properties of a PathCheckReply.
     * @deprecated Use vnet.PathCheckReply.$Properties instead.
     */
    interface IPathCheckReply extends vnet.PathCheckReply.$Properties {
    }

    /** Represents a PathCheckReply. */
    class PathCheckReply {

        /**
         * Constructs a new PathCheckReply.
         * @param [properties] Properties to set
         */
        constructor(properties?: vnet.PathCheckReply.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** PathCheckReply payload. */
        payload: Uint8Array;

        /**
         * Encodes the specified PathCheckReply message. Does not implicitly {@link vnet.PathCheckReply.verify|verify} messages.
         * @param message PathCheckReply message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: vnet.PathCheckReply.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a PathCheckReply message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {vnet.PathCheckReply & vnet.PathCheckReply.$Shape} PathCheckReply
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): vnet.PathCheckReply & vnet.PathCheckReply.$Shape;
    }

    namespace PathCheckReply {

        /** Properties of a PathCheckReply. */
        interface $Properties {

            /** PathCheckReply payload */
            payload?: (Uint8Array|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a PathCheckReply. */
        type $Shape = vnet.PathCheckReply.$Properties;
    }

    /**
     * Properties of a PathRules.
     * @deprecated Use vnet.PathRules.$Properties instead.
     */
    interface IPathRules extends vnet.PathRules.$Properties {
    }

    /** Represents a PathRules. */
    class PathRules {

        /**
         * Constructs a new PathRules.
         * @param [properties] Properties to set
         */
        constructor(properties?: vnet.PathRules.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** PathRules sequence. */
        sequence: number;

        /** PathRules part. */
        part: number;

        /** PathRules parts. */
        parts: number;

        /** PathRules rules. */
        rules: vnet.PathRule.$Properties[];

        /**
         * Encodes the specified PathRules message. Does not implicitly {@link vnet.PathRules.verify|verify} messages.
         * @param message PathRules message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: vnet.PathRules.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a PathRules message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {vnet.PathRules & vnet.PathRules.$Shape} PathRules
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): vnet.PathRules & vnet.PathRules.$Shape;
    }

    namespace PathRules {

        /** Properties of a PathRules. */
        interface $Properties {

            /** PathRules sequence */
            sequence?: (number|null);

            /** PathRules part */
            part?: (number|null);

            /** PathRules parts */
            parts?: (number|null);

            /** PathRules rules */
            rules?: (vnet.PathRule.$Properties[]|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a PathRules. */
        type $Shape = vnet.PathRules.$Properties;
    }

    /**
     * Properties of a PathRule.
     * @deprecated Use vnet.PathRule.$Properties instead.
     */
    interface IPathRule extends vnet.PathRule.$Properties {
    }

    /** Represents a PathRule. */
    class PathRule {

        /**
         * Constructs a new PathRule.
         * @param [properties] Properties to set
         */
        constructor(properties?: vnet.PathRule.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** PathRule source. */
        source: Uint8Array;

        /** PathRule destination. */
        destination: Uint8Array;

        /** PathRule viaPeer. */
        viaPeer: string;

        /**
         * Encodes the specified PathRule message. Does not implicitly {@link vnet.PathRule.verify|verify} messages.
         * @param message PathRule message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: vnet.PathRule.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a PathRule message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {vnet.PathRule & vnet.PathRule.$Shape} PathRule
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): vnet.PathRule & vnet.PathRule.$Shape;
    }

    namespace PathRule {

        /** Properties of a PathRule. */
        interface $Properties {

            /** PathRule source */
            source?: (Uint8Array|null);

            /** PathRule destination */
            destination?: (Uint8Array|null);

            /** PathRule viaPeer */
            viaPeer?: (string|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a PathRule. */
        type $Shape = vnet.PathRule.$Properties;
    }
}
